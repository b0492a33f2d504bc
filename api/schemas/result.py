"""A result and a timeline as clients see them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from shared.db.results import Result
from shared.domain.emotions import EMOTIONS
from shared.domain.ids import to_wire
from shared.domain.links import Links
from shared.domain.samples import Status

NOTICE = "Displayed expression as classified by a model, not what a person feels."

RESULT_EXAMPLE: dict[str, Any] = {
    "job_id": "job_0193f2c4a5b67c8d9e0f1a2b3c4d5e6f",
    "state": "succeeded",
    "total_score": 97,
    "minus_log": {"fear": ["2.50", "3.00"], "surprise": ["14.00"]},
    "score": {"policy": "standard-1", "value": 99.8, "reason": None},
    "coverage": {
        "samples": 1200,
        "with_face": 1187,
        "any_face": 1190,
        "unreadable": 0,
        "ratio": 0.989,
        "longest_gap_s": 1.5,
    },
    "quality": {
        "dark": 0.313,
        "bright": 0.0,
        "blurred": 0.008,
        "small": 0.0,
        "cut_off": 0.021,
        "out_of_frame": 0.011,
        "face_height": 0.25,
        "advice": ["dark"],
    },
    "emotions": dict(zip(EMOTIONS, (0.02, 0.0, 0.01, 0.31, 0.05, 0.01, 0.6), strict=True)),
    "moments": [
        {
            "start_s": 2.5,
            "end_s": 3.5,
            "emotion": "fear",
            "confidence": 0.71,
            "thumbnail": "https://mien.example/v1/jobs/job_0193f2c4a5b67c8d9e0f1a2b3c4d5e6f/moments/0.jpg",
        }
    ],
    "tracks": [{"id": 0, "primary": True, "first_s": 0.0, "last_s": 599.5, "samples": 1187}],
    "video": {
        "duration_s": 600.02,
        "width": 1280,
        "height": 720,
        "fps": 29.97,
        "rotation": 0,
        "codec": "h264",
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    },
    "provenance": {
        "model": "mien-net",
        "model_sha256": "addf0b62b6b8b6c6bd2e1fd8bb3bd55747aa3e7bbdd750ad0144524b4908c871",
        "engine": "litert",
        "detector": "tracked-2",
        "pipeline": "1.4.0",
        "mien": "0.1.0",
    },
    "warnings": [],
    "notice": NOTICE,
}


class ScoreOut(BaseModel):
    policy: str
    value: float | None
    reason: str | None = Field(description="why there is no score: no_face, low_coverage or too_short")


class CoverageOut(BaseModel):
    samples: int
    with_face: int
    any_face: int
    unreadable: int
    ratio: float
    longest_gap_s: float


class QualityOut(BaseModel):
    """Shares of the samples with the primary face; null where there is none or it was not measured."""

    dark: float | None = Field(description="with too little light on the face")
    bright: float | None = Field(description="with so much light that the face is bleached out")
    blurred: float | None = Field(description="with the face out of focus, or blurred by movement")
    small: float | None = Field(description="with a face of less than 48 pixels")
    cut_off: float | None = Field(description="with the face at the edge of the picture, or beyond it")
    out_of_frame: float | None = Field(description="without the primary face, of all samples that could be read")
    face_height: float | None = Field(description="median, as a share of the picture's height")
    advice: list[str] = Field(
        description="what to do better next time, the most important first: those of dark, bright, blurred, small, "
        "cut_off and out_of_frame whose share is above 0.2"
    )


class MomentOut(BaseModel):
    start_s: float
    end_s: float
    emotion: str
    confidence: float
    thumbnail: str | None


class TrackOut(BaseModel):
    id: int
    primary: bool
    first_s: float
    last_s: float
    samples: int


class VideoFactsOut(BaseModel):
    duration_s: float
    width: int
    height: int
    fps: float
    rotation: int
    codec: str
    sha256: str


class ProvenanceOut(BaseModel):
    model: str
    model_sha256: str
    engine: str
    detector: str
    pipeline: str
    mien: str


class ResultOut(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [RESULT_EXAMPLE]})

    job_id: str
    state: str
    total_score: int | None = Field(description="grows with length; show `score` instead")
    minus_log: dict[str, list[str]]
    score: ScoreOut
    coverage: CoverageOut
    quality: QualityOut | None = Field(description="null for results of pipelines before 1.3.0")
    emotions: dict[str, float]
    moments: list[MomentOut]
    tracks: list[TrackOut]
    video: VideoFactsOut
    provenance: ProvenanceOut
    warnings: list[str]
    notice: str

    @classmethod
    def of(cls, result: Result, links: Links, *, pictures: bool) -> ResultOut:
        job_id = to_wire("job", result.job_id)
        moments = [
            {**moment, "thumbnail": links.moment(job_id, number) if pictures else None}
            for number, moment in enumerate(result.summary["moments"])
        ]
        whole = {"quality": None, **result.summary, "job_id": job_id, "state": "succeeded", "moments": moments}
        return cls(**whole)


class FaceQualityOut(BaseModel):
    brightness: int = Field(ge=0, le=255, description="mean luma of the face")
    sharpness: int = Field(ge=0, le=255, description="how much detail a blur would take away")


class FaceOut(BaseModel):
    track: int
    primary: bool
    box: dict[str, int]
    emotions: dict[str, float]
    dominant: str
    quality: FaceQualityOut | None = Field(description="null for results of pipelines before 1.3.0")


SAMPLE_EXAMPLE: dict[str, Any] = {
    "sample": 5,
    "t_s": 2.5,
    "status": "face",
    "faces": [
        {
            "track": 0,
            "primary": True,
            "box": {"x": 412, "y": 96, "width": 180, "height": 180},
            "emotions": {
                "angry": 0.01,
                "disgust": 0.0,
                "fear": 0.02,
                "happy": 0.9,
                "sad": 0.01,
                "surprise": 0.01,
                "neutral": 0.05,
            },
            "dominant": "happy",
            "quality": {"brightness": 136, "sharpness": 118},
        }
    ],
}


class SampleOut(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [SAMPLE_EXAMPLE]})

    sample: int
    t_s: float
    status: Status
    faces: list[FaceOut]


class TimelinePage(BaseModel):
    items: list[SampleOut]
    next_cursor: str | None = Field(description="pass it as `cursor` for the next page; null on the last one")
