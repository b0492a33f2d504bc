"""What came out of a job, as the server tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mien.wire import Json


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    policy: str
    value: float | None = None
    reason: str | None = None
    """Why there is no score: `no_face`, `low_coverage` or `too_short`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """How much of the recording the face was seen in."""

    samples: int
    with_face: int
    any_face: int = 0
    unreadable: int = 0
    ratio: float = 0.0
    longest_gap_s: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Quality:
    """How usable the picture was, as shares of the samples with the face; None where that is not known."""

    dark: float | None = None
    bright: float | None = None
    blurred: float | None = None
    small: float | None = None
    cut_off: float | None = None
    out_of_frame: float | None = None
    """Share of the samples without the face."""
    face_height: float | None = None
    """Median, as a share of the picture's height."""
    advice: tuple[str, ...] = ()
    """What to do better next time, the most important first: names of the shares above that are too large."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """A stretch that cost points."""

    start_s: float
    end_s: float
    emotion: str
    confidence: float = 0.0
    thumbnail: str | None = None
    """Address of its picture; `moment_picture` fetches it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Track:
    """One face, followed through the recording."""

    id: int
    primary: bool
    first_s: float
    last_s: float
    samples: int


@dataclass(frozen=True, kw_only=True, slots=True)
class VideoFacts:
    duration_s: float
    width: int
    height: int
    fps: float
    rotation: int = 0
    codec: str = ""
    sha256: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """The summary of a job. It describes displayed expression as a model classifies it, not what a person feels."""

    job_id: str
    state: str
    score: Score
    coverage: Coverage
    video: VideoFacts
    quality: Quality | None = None
    """None for what an older pipeline analysed."""
    total_score: int | None = None
    """By the prototype's count, which grows with length; `score` is the one to show."""
    minus_log: Mapping[str, Sequence[str]] = field(default_factory=dict)
    emotions: Mapping[str, float] = field(default_factory=dict)
    """The mean over the samples with the primary face."""
    moments: tuple[Moment, ...] = ()
    tracks: tuple[Track, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    notice: str = ""
    raw: Json = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """Pixels of the upright frame; x and y are the upper left corner."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, kw_only=True, slots=True)
class FaceQuality:
    """Both are from 0 to 255."""

    brightness: int
    sharpness: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Face:
    track: int
    primary: bool
    box: Box
    emotions: Mapping[str, float]
    dominant: str
    quality: FaceQuality | None = None
    """None for what an older pipeline analysed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """What was seen in one sampled frame."""

    sample: int
    t_s: float
    """Presentation time of the frame in the recording."""
    status: str
    """`face`, `no_face` or `unreadable`."""
    faces: tuple[Face, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ArtifactError:
    """Why it could not be made."""

    code: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Artifact:
    """Something made on demand: `annotated`, `playable`, `report` or `archive`."""

    kind: str
    state: str
    created_at: datetime
    job_id: str | None = None
    language: str | None = None
    percent: float = 0.0
    size_bytes: int | None = None
    """Of the file, once it is ready; so are its kind and its hash."""
    media_type: str | None = None
    sha256: str | None = None
    error: ArtifactError | None = None
    links: Mapping[str, str] = field(default_factory=dict)
    raw: Json = field(default_factory=dict, repr=False, compare=False)
