"""Artifacts: what is made of a finished job to be downloaded, each by a step of its own."""
