"""The model that reads a job which names none, loaded into this process."""

from __future__ import annotations

from shared.domain.options import DEFAULT_MODEL
from worker.pipeline.run import FolderModel, Model
from worker.pipeline.shipped import MODEL_FOLDERS


def load_model() -> Model:
    return FolderModel(MODEL_FOLDERS[DEFAULT_MODEL])
