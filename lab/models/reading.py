"""The one interface of all models that the lab compares, and how pictures are fed to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from lab.models.origin import Origin
from shared.domain.errors import Unavailable
from shared.domain.samples import Box
from worker.pipeline.emotions import BATCH, Model, crop_face

Pictures = NDArray[np.uint8]
Probabilities = NDArray[np.float32]
Status = Literal["ready", "unavailable"]


class Reader(Protocol):
    """A model as the lab compares it."""

    @property
    def name(self) -> str: ...

    @property
    def status(self) -> Status: ...

    @property
    def reason(self) -> str | None:
        """Why it is unavailable: what was looked for, and where."""
        ...

    @property
    def engine(self) -> str | None: ...

    @property
    def sha256(self) -> str | None:
        """Of its file of weights."""
        ...

    @property
    def origin(self) -> Origin | None:
        """What its card tells of the data that made it; None without a card."""
        ...

    @property
    def batch(self) -> int:
        """How many pictures are computed at a time."""
        ...

    @property
    def side_px(self) -> int:
        """Of the squares that its network reads."""
        ...

    @property
    def margin(self) -> float:
        """Around a face's box, as a fraction of its width and height, where the face is cut out of a frame for it."""
        ...

    def probabilities(self, pictures: Pictures) -> Probabilities:
        """Read faces that are cropped already.

        Args:
            pictures: (n, side, side) uint8, gray, full range 0-255; any n above 0. Of `side_px` they are left as they are.

        Returns:
            (n, 7) float32 in the order of EMOTIONS, each row sums to 1.

        Raises:
            Unavailable: Where `status` says so.
        """
        ...


class WorkerReader:
    """A model of the worker: each picture is a face that fills its frame, cut out by the worker's own code."""

    status: Status = "ready"
    reason: str | None = None
    batch = BATCH

    def __init__(self, name: str, model: Model, origin: Origin | None = None) -> None:
        self.name = name
        self.engine: str | None = model.engine
        self.sha256: str | None = model.sha256
        self.side_px = model.side_px
        self.margin = model.margin
        self.origin = origin
        self._model = model

    def probabilities(self, pictures: Pictures) -> Probabilities:
        return in_batches(lambda some: self._model.probabilities(fit(some, self.side_px)), pictures, self.batch)


@dataclass(frozen=True, slots=True)
class Missing:
    """A model that cannot be read with, and why. It never gives a number."""

    name: str
    reason: str | None
    status: Status = "unavailable"
    engine: str | None = None
    sha256: str | None = None
    batch: int = 0
    side_px: int = 0
    margin: float = 0.0
    origin: Origin | None = None

    def probabilities(self, pictures: Pictures) -> Probabilities:
        raise Unavailable(f"{self.name} has read none of {len(pictures)} pictures: {self.reason}")


def fit(pictures: Pictures, side_px: int) -> Pictures:
    """(n, height, width) uint8 to (n, side_px, side_px) uint8, without a margin: they are cropped already."""
    height, width = pictures.shape[1:]
    whole = Box(x=0, y=0, width=width, height=height)
    return np.stack([crop_face(picture, whole, 0, side_px=side_px) for picture in pictures])


def in_batches(read: Callable[[Pictures], Probabilities], pictures: Pictures, batch: int) -> Probabilities:
    return np.concatenate([read(pictures[at : at + batch]) for at in range(0, len(pictures), batch)])


def opened(name: str, open_reader: Callable[[], Reader]) -> Reader:
    """The reader, or `Missing` with the reason where it cannot be opened."""
    try:
        return open_reader()
    except Unavailable as error:
        return Missing(name, error.detail)
