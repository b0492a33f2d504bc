"""Lets a model read pictures, and takes the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import process_time

import numpy as np
from numpy.typing import NDArray

from lab.models.reading import Pictures, Probabilities, Reader


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    probabilities: Probabilities
    """(n, 7), a row for each picture."""
    per_face_ms: NDArray[np.float64]
    """(batches,) the time of each batch, divided by the pictures in it."""
    faces_per_s: float


def read(
    reader: Reader,
    pictures: Pictures,
    progress: Callable[[int], None] = lambda _done: None,
    clock: Callable[[], float] = process_time,
) -> Reading:
    """Batch by batch, as the worker does; the first batch is read once before, because it is always slower.

    Args:
        reader: A model that is ready.
        pictures: (n, side, side) uint8, n above 0.
        progress: Told how many pictures are done.
        clock: Seconds. The processor's own, all threads together: on one thread it is what passes while nothing else
            runs on the machine, and what else runs hardly moves it.
    """
    reader.probabilities(pictures[: reader.batch])
    rows, spent_s, sizes = [], [], []
    for at in range(0, len(pictures), reader.batch):
        batch = pictures[at : at + reader.batch]
        started = clock()
        rows.append(reader.probabilities(batch))
        spent_s.append(clock() - started)
        sizes.append(len(batch))
        progress(at + len(batch))
    return Reading(
        probabilities=np.concatenate(rows),
        per_face_ms=1000 * np.array(spent_s) / np.array(sizes),
        faces_per_s=len(pictures) / max(sum(spent_s), 1e-9),
    )
