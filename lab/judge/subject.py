"""The subject of a recording as a worker finds it: its samples, and in each the box of the primary face."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from shared.domain.emotions import EMOTIONS
from shared.domain.limits import MediaLimits
from shared.domain.options import Options
from shared.domain.plan import Plan
from shared.domain.samples import Box, Sample
from worker.pipeline.emotions import MARGIN, SIDE_PX, Crops, Probabilities
from worker.pipeline.frames import SampledFrame, sample_frames
from worker.pipeline.run import Recording, analyse_segment, plan_recording, summarise


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    path: Path
    plan: Plan
    boxes: Mapping[int, Box]
    """By sample number; samples without the primary face are absent."""

    def frames(self) -> Iterator[tuple[SampledFrame, Box]]:
        """Each sample with the primary face, decoded anew and in order. Raises MediaError."""
        with Recording(self.path, MediaLimits()) as recording:
            for segment in self.plan.segments:
                for frame in sample_frames(recording, self.plan, segment, lambda: None):
                    if frame.number in self.boxes and frame.luma is not None:
                        yield frame, self.boxes[frame.number]


class Blind:
    """Stands where the pipeline wants a model, while only faces are looked for."""

    name = "blind"
    engine = "none"
    sha256 = ""
    side_px = SIDE_PX
    margin = MARGIN

    def probabilities(self, crops: Crops) -> Probabilities:
        return np.full((len(crops), len(EMOTIONS)), 1 / len(EMOTIONS), dtype=np.float32)


def find_subject(path: Path, progress: Callable[[int, int], None] = lambda _done, _total: None) -> Subject:
    """Run the pipeline over a recording with the options that a job has unless it names others.

    Args:
        progress: Told how many samples are done, and how many there are.

    Raises:
        MediaError: It cannot be analysed.
    """
    options, limits = Options(), MediaLimits()
    plan = plan_recording(path, options, limits, lambda _: None)
    found: dict[int, Sequence[Sample]] = {}
    with Recording(path, limits) as recording:
        for segment in plan.segments:
            progress(segment.first_sample, plan.samples_total)
            found[segment.index] = analyse_segment(recording, plan, segment, options, Blind(), lambda _: None)
    summary = summarise(plan, found, options)
    return Subject(path=path, plan=plan, boxes=dict(_boxes(found, summary.track_mapping, summary.primary_track)))


def _boxes(
    found: Mapping[int, Sequence[Sample]], mapping: Mapping[int, Mapping[int, int]], primary: int | None
) -> Iterator[tuple[int, Box]]:
    for index, samples in found.items():
        for sample in samples:
            for face in sample.faces:
                if mapping[index][face.track] == primary:
                    yield sample.number, face.box
