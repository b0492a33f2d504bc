"""The pipeline: file in, numbers out. The only module that knows all stages.

A recording is planned once, its segments are analysed anywhere in any order, and
the samples are put together at the end; the result does not depend on who did what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.domain.limits import MediaLimits
from shared.domain.options import Options
from shared.domain.plan import Plan, Segment
from shared.domain.samples import Box, Face, Sample
from worker.pipeline.clarity import Clarity, clarity_of
from worker.pipeline.container import Recording
from worker.pipeline.emotions import MARGIN, SIDE_PX, Crops, Model, crop_face, recognise
from worker.pipeline.faces import Detector, ExhaustiveDetector, TrackedDetector
from worker.pipeline.folder import FolderModel, read_card
from worker.pipeline.frames import SampledFrame, frame_at, sample_frames
from worker.pipeline.keras import GpuMissing
from worker.pipeline.luma import Luma, fit, read_colour
from worker.pipeline.models import FerModel, Network, model_sha256
from worker.pipeline.picture import draw_moment
from worker.pipeline.plan import plan_of
from worker.pipeline.summary import Moment, Summary, summarise_samples
from worker.pipeline.tracks import TrackFollower, join_tracks

__all__ = [
    "PIPELINE_VERSION",
    "FerModel",
    "FolderModel",
    "GpuMissing",
    "Model",
    "Moment",
    "Network",
    "Recording",
    "Summary",
    "analyse_segment",
    "detector_of",
    "model_sha256",
    "moment_picture",
    "plan_recording",
    "read_card",
    "summarise",
]

PIPELINE_VERSION = "1.4.0"  # changes whenever the same recording may give other numbers

Progress = Callable[[int], None]
"""Told the number of samples done, at least once for each packet consumed, so that its silence means a stall."""


def plan_recording(path: Path, options: Options, limits: MediaLimits, progress: Progress) -> Plan:
    """Find out what a recording is, which frames stand for its samples, and where it is cut.

    Raises:
        MediaError: It cannot be analysed.
    """
    with Recording(path, limits) as recording:
        return plan_of(recording, options.interval_s, lambda: progress(0))


def analyse_segment(
    recording: Recording, plan: Plan, segment: Segment, options: Options, model: Model, progress: Progress
) -> list[Sample]:
    """One sample for each that the segment owns, with local track ids."""
    watch = _Watch(progress)
    frames = sample_frames(recording, plan, segment, watch.beat)
    sightings: list[_Sighting] = []
    crops = _crops(frames, detector_of(options), model, sightings, watch)
    faces = list(recognise(crops, model))
    return _samples(sightings, iter(faces))


def summarise(plan: Plan, samples_by_segment: Mapping[int, Sequence[Sample]], options: Options) -> Summary:
    """The result of the whole recording.

    Raises:
        MediaUnreadable: Too many samples could not be decoded.
    """
    mapping = join_tracks(samples_by_segment)
    return summarise_samples(plan, samples_by_segment, mapping, primary_only=options.faces == "primary")


def moment_picture(recording: Recording, plan: Plan, t_s: float, box: Box | None) -> bytes:
    """The frame shown at a time, in colour and upright, with the face boxed, as JPEG.

    Raises:
        MediaUnreadable: No frame near that time decodes.
    """
    colour = read_colour(frame_at(recording, plan, t_s), recording.stream.sample_aspect_ratio)
    return draw_moment(fit(colour, plan.facts.width, plan.facts.height), box)


def detector_of(options: Options) -> Detector:
    """The detector that the options name; its own `name` goes into the provenance."""
    return ExhaustiveDetector() if options.detector == "exhaustive" else TrackedDetector(options.interval_s)


@dataclass(frozen=True, slots=True)
class _Sighting:
    """A sample whose faces wait for their expressions."""

    number: int
    t_s: float
    readable: bool
    boxes: Sequence[Box] = ()
    tracks: Sequence[int] = ()
    clarity: Sequence[Clarity] = ()


class _Watch:
    """Counts samples, and repeats the count whenever anything moves."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._done = 0

    def beat(self) -> None:
        self._progress(self._done)

    def count(self) -> None:
        self._done += 1
        self.beat()


def _crops(
    frames: Iterator[SampledFrame], detector: Detector, model: Model, sightings: list[_Sighting], watch: _Watch
) -> Iterator[Crops]:
    """Crops of all faces in order; notes on the way which sample they belong to."""
    follower = TrackFollower()
    boxes: list[Box] = []
    shown_pts: int | None = None
    for frame in frames:
        if frame.luma is None:
            sightings.append(_Sighting(frame.number, frame.t_s, False))
        else:
            boxes = boxes if frame.pts == shown_pts else detector.detect(frame.luma, frame.number)
            shown_pts = frame.pts
            judged = [crop_face(frame.luma, box, full_range=frame.full_range) for box in boxes]
            tracks, clarity = follower.follow(frame.t_s, boxes), [clarity_of(crop) for crop in judged]
            sightings.append(_Sighting(frame.number, frame.t_s, True, boxes, tracks, clarity))
            yield from (
                judged if _reads_what_is_judged(model) else _crops_for(model, frame.luma, boxes, frame.full_range)
            )
        watch.count()


def _reads_what_is_judged(model: Model) -> bool:
    return (model.side_px, model.margin) == (SIDE_PX, MARGIN)


def _crops_for(model: Model, luma: Luma, boxes: Sequence[Box], full_range: bool) -> Iterator[Crops]:  # noqa: FBT001
    for box in boxes:
        yield crop_face(luma, box, model.margin, side_px=model.side_px, full_range=full_range)


def _samples(sightings: Sequence[_Sighting], probabilities: Iterator[tuple[float, ...]]) -> list[Sample]:
    return [
        Sample(
            number=sighting.number,
            t_s=sighting.t_s,
            status="unreadable" if not sighting.readable else "face" if sighting.boxes else "no_face",
            faces=tuple(_faces(sighting, probabilities)),
        )
        for sighting in sightings
    ]


def _faces(sighting: _Sighting, probabilities: Iterator[tuple[float, ...]]) -> Iterator[Face]:
    for track, box, clarity in zip(sighting.tracks, sighting.boxes, sighting.clarity, strict=True):
        yield Face(
            track=track,
            box=box,
            probabilities=next(probabilities),
            brightness=clarity.brightness,
            sharpness=clarity.sharpness,
        )
