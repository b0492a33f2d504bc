"""The model that Mien uses on a CPU, loaded into this process."""

from __future__ import annotations

from worker.pipeline.run import FerModel, Model, Network


def load_model() -> Model:
    """Ready when this returns."""
    network = Network("litert")
    network.wait()
    return FerModel(network)
