"""Benchmarks: what Mien costs, as ratios to programs outside this project, measured in one run."""
