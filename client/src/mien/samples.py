"""The timeline of a job as one iterates it, and as a table."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from mien.results import Face, Sample

if TYPE_CHECKING:
    import pandas

EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
NOBODY: dict[str, Any] = {"track": None, "primary": False, "x": None, "y": None, "width": None, "height": None}


class Timeline(Iterator[Sample]):
    """Samples in order, fetched as they are iterated; it can be gone through once."""

    def __init__(self, samples: Iterator[Sample]) -> None:
        self._samples = samples

    def __next__(self) -> Sample:
        return next(self._samples)

    def to_pandas(self) -> pandas.DataFrame:
        """All that is left, as a table; see `frame_of`. Needs pandas, which `mien-client[pandas]` brings."""
        return frame_of(self)


class AsyncTimeline(AsyncIterator[Sample]):
    """Samples in order, fetched as they are iterated; it can be gone through once."""

    def __init__(self, samples: AsyncIterator[Sample]) -> None:
        self._samples = samples

    async def __anext__(self) -> Sample:
        return await anext(self._samples)

    async def to_pandas(self) -> pandas.DataFrame:
        """All that is left, as a table; see `frame_of`. Needs pandas, which `mien-client[pandas]` brings."""
        return frame_of([sample async for sample in self])


def frame_of(samples: Iterable[Sample]) -> pandas.DataFrame:
    """One row per face and sample, and one without a face where none was seen.

    Returns:
        Columns `t_s`, `sample`, `status`, `track`, `primary`, `x`, `y`, `width`, `height` (pixels), one for each
        expression (probabilities, which add up to 1) and `dominant`. Without a face: missing values, and
        `primary` is false.
    """
    import pandas as pd

    rows = [row for sample in samples for row in _rows(sample)]
    columns = ["t_s", "sample", "status", *NOBODY, *EMOTIONS, "dominant"]
    whole = dict.fromkeys(("track", "x", "y", "width", "height"), "Int64")
    numbers = dict.fromkeys(("t_s", *EMOTIONS), "float64")
    texts = dict.fromkeys(("status", "dominant"), "str")
    return pd.DataFrame(rows, columns=columns).astype(
        {**numbers, **whole, **texts, "sample": "int64", "primary": "bool"}
    )


def _rows(sample: Sample) -> Iterator[dict[str, Any]]:
    head = {"t_s": sample.t_s, "sample": sample.sample, "status": sample.status}
    if not sample.faces:
        yield {**head, **NOBODY}
    for face in sample.faces:
        yield {**head, **_cells(face)}


def _cells(face: Face) -> dict[str, Any]:
    box = {"x": face.box.x, "y": face.box.y, "width": face.box.width, "height": face.box.height}
    return {"track": face.track, "primary": face.primary, **box, **face.emotions, "dominant": face.dominant}
