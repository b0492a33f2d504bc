"""How a recording is cut up: facts, sample times and segments, found once and kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoFacts:
    """What the container and the first frame say, after rotation and pixel shape are applied."""

    duration_s: float
    width: int
    height: int
    fps: float
    rotation: int
    codec: str
    sha256: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """A stretch of the recording that one step analyses on its own.

    It owns the samples whose frame has start_pts <= pts < end_pts. Decoding starts
    where seeking to seek_pts, which lies at or before start_pts, leads to.
    """

    index: int
    seek_pts: int
    start_pts: int
    end_pts: int | None
    first_sample: int
    frame_pts: tuple[int, ...]
    """For each owned sample, in order, the pts of its frame; equal neighbours share a frame."""
    key_pts: tuple[int, ...] = ()
    """Key frames after start_pts to which decoding may skip once all frames wanted before them are fed."""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, data: dict[str, Any]) -> Segment:
        return cls(**{**data, "frame_pts": tuple(data["frame_pts"]), "key_pts": tuple(data.get("key_pts", ()))})


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The segments tile the samples: none missing, none twice."""

    facts: VideoFacts
    interval_s: float
    time_base: Fraction
    start_pts: int
    """The pts that is time zero."""
    samples_total: int
    segments: tuple[Segment, ...]
    warnings: tuple[str, ...] = ()
    trusted_pts: bool = True
    """False when frames take the packets' times in order of output, as in AVI with reordered frames."""

    def to_dict(self) -> dict[str, Any]:
        return {
            "facts": self.facts.to_dict(),
            "interval_s": self.interval_s,
            "time_base": [self.time_base.numerator, self.time_base.denominator],
            "start_pts": self.start_pts,
            "samples_total": self.samples_total,
            "segments": [segment.to_dict() for segment in self.segments],
            "warnings": list(self.warnings),
            "trusted_pts": self.trusted_pts,
        }

    @classmethod
    def of(cls, data: dict[str, Any]) -> Plan:
        return cls(
            facts=VideoFacts(**data["facts"]),
            interval_s=data["interval_s"],
            time_base=Fraction(*data["time_base"]),
            start_pts=data["start_pts"],
            samples_total=data["samples_total"],
            segments=tuple(Segment.of(segment) for segment in data["segments"]),
            warnings=tuple(data["warnings"]),
            trusted_pts=data["trusted_pts"],
        )
