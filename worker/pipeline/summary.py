"""The result of a recording: what the samples of all its segments say together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from shared.domain.emotions import EMOTIONS
from shared.domain.errors import MediaUnreadable
from shared.domain.plan import Plan, VideoFacts
from shared.domain.samples import Box, Face, Sample
from worker.pipeline.quality import Quality, quality_of
from worker.pipeline.score import (
    STANDARD_1,
    Stretch,
    Timeline,
    minus_log,
    moments_standard_1,
    no_score_reason,
    standard_1,
    total_score,
)

TrackMapping = Mapping[int, Mapping[int, int]]
SAME_TIME_S = 1e-6  # frames of one recording are further apart
MIN_READABLE = 0.9  # below this share the numbers would be about the damage
NOTICE = "Displayed expression as classified by a model, not what a person feels."


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """A stretch in which a penalised expression was displayed; the peak is where a picture shows it best."""

    start_s: float
    end_s: float
    emotion: str
    confidence: float
    peak_t_s: float
    peak_box: Box


@dataclass(frozen=True, kw_only=True, slots=True)
class Track:
    id: int
    primary: bool
    first_s: float
    last_s: float
    samples: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    samples: int
    with_face: int
    """Samples with the primary face."""
    any_face: int
    unreadable: int
    longest_gap_s: float
    """The longest time without the primary face."""

    @property
    def ratio(self) -> float:
        return self.with_face / self.samples if self.samples else 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    policy: str
    value: float | None
    reason: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """Everything a result says except who asked and what computed it."""

    total_score: int | None
    minus_log: dict[str, list[str]]
    score: Score
    coverage: Coverage
    quality: Quality
    emotions: dict[str, float]
    """Mean over the samples with the primary face; empty without one."""
    moments: tuple[Moment, ...]
    tracks: tuple[Track, ...]
    video: VideoFacts
    warnings: tuple[str, ...]
    track_mapping: dict[int, dict[int, int]]
    """For each segment's index, the joined id of each local track; stored beside the result."""
    primary_track: int | None

    def to_dict(self) -> dict[str, Any]:
        """The wire shape; numbers are rounded here and nowhere before."""
        return {
            "total_score": self.total_score,
            "minus_log": self.minus_log,
            "score": {"policy": self.score.policy, "value": _rounded(self.score.value, 1), "reason": self.score.reason},
            "coverage": _coverage_dict(self.coverage),
            "quality": self.quality.to_dict(),
            "emotions": {emotion: _rounded(mean, 4) for emotion, mean in self.emotions.items()},
            "moments": [_moment_dict(moment) for moment in self.moments],
            "tracks": [_track_dict(track) for track in self.tracks],
            "video": {**self.video.to_dict(), "duration_s": _rounded(self.video.duration_s, 3)},
            "warnings": list(self.warnings),
            "notice": NOTICE,
        }


def summarise_samples(
    plan: Plan, samples_by_segment: Mapping[int, Sequence[Sample]], mapping: TrackMapping, *, primary_only: bool = False
) -> Summary:
    """Put the segments' samples together.

    Args:
        mapping: For each segment's index, the joined id of each local track.
        primary_only: Report no other track than the primary one.

    Raises:
        MediaUnreadable: Too many samples could not be decoded.
    """
    samples = [sample for index in sorted(samples_by_segment) for sample in samples_by_segment[index]]
    unreadable = _count_unreadable(samples)
    primary = primary_track(plan, samples_by_segment, mapping)
    faces = list(_faces_of(primary, samples_by_segment, mapping))
    timeline = _timeline(plan, samples, faces)
    stretches, reason = moments_standard_1(timeline), no_score_reason(timeline)
    log = {} if reason else minus_log(timeline)
    tracks = _tracks(samples_by_segment, mapping, primary)
    return Summary(
        total_score=None if reason else total_score(log),
        minus_log=log,
        score=Score(policy=STANDARD_1, value=None if reason else standard_1(timeline, stretches), reason=reason),
        coverage=_coverage(timeline, samples, unreadable),
        quality=quality_of(samples, faces, plan.facts),
        emotions=_means(timeline),
        moments=tuple(_moment(stretch, samples, faces) for stretch in stretches),
        tracks=tuple(track for track in tracks if track.primary or not primary_only),
        video=plan.facts,
        warnings=_warnings(plan, samples_by_segment, unreadable),
        track_mapping={index: dict(local) for index, local in mapping.items()},
        primary_track=primary,
    )


def primary_track(plan: Plan, samples_by_segment: Mapping[int, Sequence[Sample]], mapping: TrackMapping) -> int | None:
    """The joined track with the largest area times seconds, the lowest id on ties; None without any face."""
    weights: dict[int, float] = {}
    for sample, track, face in _all_faces(samples_by_segment, mapping):
        start_s = sample.number * plan.interval_s
        span_s = min(plan.interval_s, max(0.0, plan.facts.duration_s - start_s))
        weights[track] = weights.get(track, 0.0) + face.box.width * face.box.height * span_s
    return min(weights, key=lambda track: (-weights[track], track), default=None)


def _warnings(plan: Plan, samples_by_segment: Mapping[int, Sequence[Sample]], unreadable: int) -> tuple[str, ...]:
    """Those of the plan, and `damaged` where a sample has another frame than planned, or none."""
    replaced = unreadable or any(
        abs(sample.t_s - float((pts - plan.start_pts) * plan.time_base)) > SAME_TIME_S
        for segment in plan.segments
        for sample, pts in zip(samples_by_segment.get(segment.index, ()), segment.frame_pts, strict=False)
    )
    return tuple(dict.fromkeys((*plan.warnings, *(["damaged"] if replaced else []))))


def _count_unreadable(samples: Sequence[Sample]) -> int:
    unreadable = sum(sample.status == "unreadable" for sample in samples)
    if len(samples) - unreadable < MIN_READABLE * len(samples):
        raise MediaUnreadable(
            f"{unreadable} of {len(samples)} samples cannot be decoded; at least {MIN_READABLE:.0%} must be readable. "
            "The recording is damaged: send it again or repair it."
        )
    return unreadable


def _all_faces(
    samples_by_segment: Mapping[int, Sequence[Sample]], mapping: TrackMapping
) -> Iterator[tuple[Sample, int, Face]]:
    for index in sorted(samples_by_segment):
        for sample in samples_by_segment[index]:
            for face in sample.faces:
                yield sample, mapping[index][face.track], face


def _faces_of(
    track: int | None, samples_by_segment: Mapping[int, Sequence[Sample]], mapping: TrackMapping
) -> Iterator[Face | None]:
    """For each sample in order, its face on a track."""
    for index in sorted(samples_by_segment):
        for sample in samples_by_segment[index]:
            yield next((face for face in sample.faces if mapping[index][face.track] == track), None)


def _timeline(plan: Plan, samples: Sequence[Sample], faces: Sequence[Face | None]) -> Timeline:
    nothing = (0.0,) * len(EMOTIONS)
    return Timeline(
        interval_s=plan.interval_s,
        duration_s=plan.facts.duration_s,
        t_s=np.array([sample.t_s for sample in samples]),
        seen=np.array([face is not None for face in faces], dtype=bool),
        probabilities=np.array([face.probabilities if face else nothing for face in faces], dtype=np.float32),
    )


def _tracks(
    samples_by_segment: Mapping[int, Sequence[Sample]], mapping: TrackMapping, primary: int | None
) -> Iterator[Track]:
    times_s: dict[int, list[float]] = {}
    for sample, track, _ in _all_faces(samples_by_segment, mapping):
        times_s.setdefault(track, []).append(sample.t_s)
    for track, seen_s in sorted(times_s.items()):
        yield Track(id=track, primary=track == primary, first_s=seen_s[0], last_s=seen_s[-1], samples=len(seen_s))


def _coverage(timeline: Timeline, samples: Sequence[Sample], unreadable: int) -> Coverage:
    runs = groupby(zip(timeline.seen.tolist(), timeline.spans_s.tolist(), strict=True), key=lambda pair: pair[0])
    gaps_s = [sum(span_s for _, span_s in run) for seen, run in runs if not seen]
    return Coverage(
        samples=len(samples),
        with_face=int(timeline.seen.sum()),
        any_face=sum(sample.status == "face" for sample in samples),
        unreadable=unreadable,
        longest_gap_s=max(gaps_s, default=0.0),
    )


def _means(timeline: Timeline) -> dict[str, float]:
    if not timeline.seen.any():
        return {}
    means = timeline.probabilities[timeline.seen].mean(axis=0, dtype=np.float64)
    return dict(zip(EMOTIONS, means.tolist(), strict=True))


def _moment(stretch: Stretch, samples: Sequence[Sample], faces: Sequence[Face | None]) -> Moment:
    face = faces[stretch.peak]
    assert face is not None, "a moment consists of samples with the primary face"
    return Moment(
        start_s=stretch.start_s,
        end_s=stretch.end_s,
        emotion=stretch.emotion,
        confidence=stretch.confidence,
        peak_t_s=samples[stretch.peak].t_s,
        peak_box=face.box,
    )


def _coverage_dict(coverage: Coverage) -> dict[str, Any]:
    return {
        "samples": coverage.samples,
        "with_face": coverage.with_face,
        "any_face": coverage.any_face,
        "unreadable": coverage.unreadable,
        "ratio": _rounded(coverage.ratio, 3),
        "longest_gap_s": _rounded(coverage.longest_gap_s, 3),
    }


def _moment_dict(moment: Moment) -> dict[str, Any]:
    return {
        "start_s": _rounded(moment.start_s, 3),
        "end_s": _rounded(moment.end_s, 3),
        "emotion": moment.emotion,
        "confidence": _rounded(moment.confidence, 4),
    }


def _track_dict(track: Track) -> dict[str, Any]:
    return {
        "id": track.id,
        "primary": track.primary,
        "first_s": _rounded(track.first_s, 3),
        "last_s": _rounded(track.last_s, 3),
        "samples": track.samples,
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
