"""How steadily models read the subject of real recordings, which have no labels.

An expression seldom changes within half a second, and never because its box is found a little elsewhere or because
its picture is mirrored: where a model then says something else, that is mostly its own unrest. A model that always
says the same is steady too, so how sure it is and what it says stand beside.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.judge import steady_report
from lab.judge.intervals import LEVEL, RESAMPLES, SEED
from lab.judge.metrics import CLASSES, Ratios
from lab.judge.subject import Subject, find_subject
from lab.models.reading import Pictures, Probabilities, Reader
from shared.domain.emotions import EMOTIONS
from shared.domain.samples import Box
from worker.pipeline.emotions import Crops, crop_face
from worker.pipeline.frames import SampledFrame

JITTER, DRAWS, JITTER_SEED = 0.03, 5, 1  # those of the noise floor in bench/agreement.py
LOOKS = 2 + DRAWS  # at each face: plain, mirrored, jittered

Progress = Callable[[str, int, int | None], None]
"""Text, done, total."""

Values = dict[str, Ratios]
"""By figure, one value for each sample, or for each pair of neighbours; figures are their means."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Readings:
    """What a model says of the samples with the subject's face, in their order."""

    numbers: NDArray[np.int64]
    """(n,) of the samples."""
    pts: NDArray[np.int64]
    """(n,) of the frames that stand for them: samples may share one."""
    plain: Probabilities
    """(n, 7), as a worker cuts the face out."""
    mirrored: Probabilities
    """(n, 7)"""
    jittered: Probabilities
    """(n, DRAWS, 7)"""


def judge_steadiness(
    videos: Sequence[Path], readers: Iterable[Reader], out: Path, command: str, progress: Progress
) -> dict[str, Any]:
    """Write `steady.json` and `steady.md` to a folder.

    Raises:
        MediaError: One of the recordings cannot be analysed.
    """
    out.mkdir(parents=True, exist_ok=True)
    subjects = [find_subject(video, partial(progress, f"Finding faces in {video.name}")) for video in videos]
    models = [_entry(reader, subjects, progress) for reader in readers]
    found = _facts(subjects, command) | {"models": models}
    (out / "steady.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (out / "steady.md").write_text(steady_report.markdown(found), encoding="utf-8")
    return found


def read_subject(reader: Reader, subject: Subject, progress: Callable[[int, int], None]) -> Readings:
    """Cut the face out as the model wants it, and let it look as often as there are looks."""
    chance = random.Random(JITTER_SEED)  # noqa: S311  a repeatable disturbance, the same for all models
    frames: list[tuple[int, int]] = []

    def crops() -> Iterator[Crops]:
        for frame, box in subject.frames():
            frames.append((frame.number, frame.pts))
            progress(len(frames), len(subject.boxes))
            yield from _looks(reader, frame, box, chance)

    looks = _read(reader, crops()).reshape(-1, LOOKS, CLASSES)
    numbers, pts = np.array(frames, dtype=np.int64).reshape(-1, 2).T
    return Readings(numbers=numbers, pts=pts, plain=looks[:, 0], mirrored=looks[:, 1], jittered=looks[:, 2:])


def jittered(box: Box, chance: random.Random) -> Box:
    """Place and size of a box, each moved by at most JITTER of its width or height, then rounded to pixels."""
    across, down, wider, higher = (chance.uniform(-JITTER, JITTER) for _ in range(4))
    return Box(
        x=round(box.x + across * box.width),
        y=round(box.y + down * box.height),
        width=round(box.width * (1 + wider)),
        height=round(box.height * (1 + higher)),
    )


def values_of(readings: Readings) -> Values:
    """What the figures of one recording are the means of."""
    plain = readings.plain
    here = np.flatnonzero((np.diff(readings.numbers) == 1) & (np.diff(readings.pts) != 0))
    answers = plain.argmax(axis=1)
    return {
        **_compared("neighbours", plain[here], plain[here + 1, None]),
        **_compared("jittered", plain, readings.jittered),
        **_compared("mirrored", plain, readings.mirrored[:, None]),
        "confidence": plain.max(axis=1).astype(np.float64),
        **{emotion: (answers == place).astype(np.float64) for place, emotion in enumerate(EMOTIONS)},
    }


def figures_of(values: Values) -> dict[str, Any]:
    """For a report; a figure of which there is no value is None."""
    means = {name: _figure(some) for name, some in values.items() if name not in EMOTIONS}
    shares = {emotion: float(values[emotion].mean()) for emotion in EMOTIONS} if len(values["confidence"]) else None
    counts = {"samples": len(values["confidence"]), "pairs": len(values["neighbours_same"])}
    return {**counts, **means, "dominant": shares}


def _looks(reader: Reader, frame: SampledFrame, box: Box, chance: random.Random) -> Iterator[Crops]:
    assert frame.luma is not None, "a face was seen in it"
    cut = partial(crop_face, frame.luma, margin=reader.margin, side_px=reader.side_px, full_range=frame.full_range)
    plain = cut(box)
    yield plain
    yield np.ascontiguousarray(plain[:, ::-1])
    for _ in range(DRAWS):
        yield cut(jittered(box, chance))


def _read(reader: Reader, crops: Iterator[Pictures]) -> Probabilities:
    """(n, 7); holds one batch of crops at a time."""
    rows = [np.empty((0, CLASSES), dtype=np.float32)]
    while batch := list(islice(crops, reader.batch)):
        rows.append(reader.probabilities(np.stack(batch)))
    return np.concatenate(rows)


def _compared(name: str, first: Probabilities, others: Probabilities) -> Values:
    """Whether the dominant expression stays, and the total variation distance.

    Args:
        first: (n, 7)
        others: (n, m, 7); of these m the mean is taken.
    """
    same = others.argmax(axis=2) == first.argmax(axis=1)[:, None]
    distance = np.abs(others.astype(np.float64) - first[:, None]).sum(axis=2) / 2
    return {f"{name}_same": same.mean(axis=1), f"{name}_distance": distance.mean(axis=1)}


def _figure(values: Ratios) -> dict[str, Any] | None:
    """The mean, and the percentile interval over values drawn again with replacement."""
    if not len(values):
        return None
    rng = np.random.default_rng(SEED)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(RESAMPLES)]
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return {"mean": float(values.mean()), "interval": [float(low), float(high)]}


def _entry(reader: Reader, subjects: Sequence[Subject], progress: Progress) -> dict[str, Any]:
    """Never a number of a model that is unavailable."""
    known = {"model": reader.name, "status": reader.status, "engine": reader.engine, "sha256": reader.sha256}
    if reader.status != "ready":
        return known | {"reason": reader.reason}
    every = [values_of(read_subject(reader, subject, partial(progress, reader.name))) for subject in subjects]
    pooled = {name: np.concatenate([values[name] for values in every]) for name in every[0]}
    of_each = [
        {"recording": subject.path.name, **figures_of(values)} for subject, values in zip(subjects, every, strict=True)
    ]
    return known | {"recordings": of_each, "overall": figures_of(pooled)}


def _facts(subjects: Sequence[Subject], command: str) -> dict[str, Any]:
    return {
        "command": command,
        "recordings": [
            {
                "name": subject.path.name,
                "sha256": subject.plan.facts.sha256,
                "duration_s": subject.plan.facts.duration_s,
                "interval_s": subject.plan.interval_s,
                "samples": subject.plan.samples_total,
                "with_subject": len(subject.boxes),
            }
            for subject in subjects
        ],
        "jitter": {"share": JITTER, "draws": DRAWS, "seed": JITTER_SEED},
        "interval": {"level": LEVEL, "resamples": RESAMPLES, "seed": SEED},
    }
