"""How far the tracked detector agrees with the exhaustive one, beside how far that one agrees with itself.

The exhaustive detector is the reference. The noise floor is what remains of its
expressions when its own boxes are moved and resized by a few per cent at random.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from unittest.mock import patch

from bench.measure import measure
from bench.speed import Say, mien
from shared.domain.limits import MediaLimits
from shared.domain.options import Options
from shared.domain.samples import Box, Sample

JITTER = 0.03  # of the box's width and height, from the design
DRAWS = 5  # of the jitter for each face, because a single one leaves the noise floor itself noisy
SEED = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """The primary face of a sample: both detectors now and then take a collar for another face."""

    box: Box
    dominant: str


Faces = Mapping[int, Seen]
"""By sample number; samples without a face are absent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    with_face: int
    """Samples in which the reference saw a face; all shares are of samples."""
    found: float
    """The share of them in which the other saw a face too."""
    only_other: int
    """Samples in which only the other saw a face."""
    same_dominant: float
    """Of the samples with a face in both, the share with the same dominant expression."""
    mean_iou: float
    """Mean intersection over union of the boxes in the same samples."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    tracked: Agreement
    jittered: Agreement


def compare_detectors(video: Path, say: Say) -> Comparison:
    """Analyse a recording with both detectors, and once more with jittered boxes."""
    reference = _faces_by(video, "exhaustive", say)
    tracked = _faces_by(video, "tracked", say)
    say("Agreement: exhaustive with jittered boxes")
    draws = [agree(reference, draw) for draw in recognise_jittered(video, reference)]
    return Comparison(tracked=agree(reference, tracked), jittered=mean_agreement(draws))


def agree(reference: Faces, other: Faces) -> Agreement:
    both = [(seen, other[number]) for number, seen in reference.items() if number in other]
    return Agreement(
        with_face=len(reference),
        found=len(both) / len(reference) if reference else 0.0,
        only_other=len(other.keys() - reference.keys()),
        same_dominant=fmean(ours.dominant == theirs.dominant for ours, theirs in both) if both else 0.0,
        mean_iou=fmean(ours.box.overlap(theirs.box) for ours, theirs in both) if both else 0.0,
    )


def mean_agreement(draws: Sequence[Agreement]) -> Agreement:
    """Of several draws against the same reference."""
    return replace(
        draws[0],
        found=fmean(draw.found for draw in draws),
        same_dominant=fmean(draw.same_dominant for draw in draws),
        mean_iou=fmean(draw.mean_iou for draw in draws),
    )


def primary_faces(timeline: str) -> dict[int, Seen]:
    """Read what `mien analyze --csv` prints."""
    return {
        int(row["sample"]): Seen(
            box=Box(**{name: int(row[name]) for name in ("x", "y", "width", "height")}), dominant=row["dominant"]
        )
        for row in csv.DictReader(io.StringIO(timeline))
        if row["primary"] == "1"
    }


def jittered(box: Box, chance: random.Random) -> Box:
    """A box moved and resized at random, each by at most JITTER of its size, then rounded to pixels."""
    across, down, growth = (chance.uniform(-JITTER, JITTER) for _ in range(3))
    width, height = box.width * (1 + growth), box.height * (1 + growth)
    middle_x, middle_y = box.x + box.width * (0.5 + across), box.y + box.height * (0.5 + down)
    return Box(x=round(middle_x - width / 2), y=round(middle_y - height / 2), width=round(width), height=round(height))


def recognise_jittered(video: Path, reference: Faces) -> list[dict[int, Seen]]:
    """The pipeline's own way over the recording, except that the detector gives the reference's boxes jittered.

    Returns:
        What was recognised in each draw.
    """
    from bench.engine import load_model
    from worker.pipeline import run

    options, limits, model = Options(detector="exhaustive"), MediaLimits(), load_model()
    samples: list[Sample] = []
    detector = Jittered(reference)
    with run.Recording(video, limits) as recording, patch.object(run, "detector_of", lambda *_: detector):
        plan = run.plan_recording(video, options, limits, lambda _: None)
        for segment in plan.segments:
            samples += run.analyse_segment(recording, plan, segment, options, model, lambda _: None)
    shown = {sample.number: sample.faces for sample in samples if sample.faces}
    return [
        {number: Seen(box=faces[draw].box, dominant=faces[draw].dominant) for number, faces in shown.items()}
        for draw in range(DRAWS)
    ]


class Jittered:
    """A detector that has seen everything before, and remembers it a little wrongly."""

    name = "jittered"

    def __init__(self, reference: Faces) -> None:
        self._reference = reference
        self._chance = random.Random(SEED)  # noqa: S311  a repeatable disturbance, not a secret

    def detect(self, luma: object, number: int) -> list[Box]:  # noqa: ARG002  it need not look
        """As many boxes of the one face as there are draws; the pipeline keeps their order."""
        seen = self._reference.get(number)
        return [jittered(seen.box, self._chance) for _ in range(DRAWS)] if seen else []


def _faces_by(video: Path, detector: str, say: Say) -> dict[int, Seen]:
    say(f"Agreement: {detector} detector")
    return primary_faces(measure(mien(video, "--csv", "--detector", detector)).stdout)
