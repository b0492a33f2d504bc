"""Opens models by the words that a command line names them with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from lab.models.deepface import DeepFace
from lab.models.fer import KINDS
from lab.models.origin import Origin
from lab.models.reading import Reader, WorkerReader, opened
from shared.domain.errors import InvalidRequest
from shared.domain.options import MODEL_NAME
from worker.pipeline.shipped import MODEL_FOLDERS

DEEPFACE = "deepface"


def open_models(words: Sequence[str], deepface_weights: Path | None = None) -> Iterator[Reader]:
    """One reader for each word, opened when it is asked for.

    Args:
        words: `mien-net`, `fer`, `fer-litert`, `fer-mirrored`, `fer-int8`, `deepface`, or `name:path` of a model folder;
            of these names a folder may have only `mien-net`, as what a new training of it is compared by.
        deepface_weights: The folder that holds DeepFace's file of weights.

    Raises:
        InvalidRequest: There is no word, or one names no model, or a folder by the name of another model, or two words
            name the same.
    """
    if not words:
        raise InvalidRequest(f"name at least one model: {_known()}")
    openers = [(_name(word), _opener(word, deepface_weights)) for word in words]
    names = [name for name, _ in openers]
    if len(set(names)) < len(names):
        raise InvalidRequest(f"each model must have a name of its own: {', '.join(names)}")
    return (opened(name, open_reader) for name, open_reader in openers)


def _name(word: str) -> str:
    return word.partition(":")[0]


def _opener(word: str, deepface_weights: Path | None) -> Callable[[], Reader]:
    name, colon, path = word.partition(":")
    if path and name in (*KINDS, DEEPFACE):
        raise InvalidRequest(
            f"{name} is another model than that in {path}: name the folder otherwise, as my-{name}:{path}"
        )
    if colon and path and MODEL_NAME.fullmatch(name):
        return partial(_open_folder, name, Path(path))
    if word == DEEPFACE:
        return partial(DeepFace, name, deepface_weights)
    if word in KINDS:
        return partial(KINDS[word], name)
    if word in MODEL_FOLDERS:
        return partial(_open_folder, name, MODEL_FOLDERS[word])
    raise InvalidRequest(f"{word!r} is no model: name {_known()}")


def _known() -> str:
    return f"{', '.join([*MODEL_FOLDERS, *KINDS, DEEPFACE])}, or a model folder as name:path"


def _open_folder(name: str, path: Path) -> Reader:
    """As the worker opens it: the card must hold, and the weights must be those it names."""
    from worker.pipeline.folder import FolderModel

    model = FolderModel(path)
    return WorkerReader(name, model, Origin.of(model.card))
