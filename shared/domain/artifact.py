"""What is made of a finished job on demand, to be downloaded: each its own step with progress."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from shared.domain.ids import JobId
from shared.domain.step import ARTIFACT_KINDS, ArtifactKind, StepState

__all__ = [
    "ARTIFACT_KINDS",
    "ARTIFACT_STATES",
    "DEFAULT_LANGUAGE",
    "LANGUAGES",
    "MEDIA_KINDS",
    "SPOKEN_KINDS",
    "WHOLE",
    "Artifact",
    "ArtifactFile",
    "ArtifactKind",
    "ArtifactState",
    "Language",
    "file_name",
    "state_of",
]

ArtifactState = Literal["waiting", "running", "ready", "failed"]
ARTIFACT_STATES: tuple[ArtifactState, ...] = get_args(ArtifactState)

MEDIA_KINDS: frozenset[ArtifactKind] = frozenset({"annotated", "playable"})
"""Made of the recording, and gone with it."""

Language = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT_LANGUAGE: Language = "en"
SPOKEN_KINDS: frozenset[ArtifactKind] = frozenset({"report", "archive"})
"""Those with sentences for people, in a language of their choice."""

WHOLE = 1000  # progress is counted in thousandths, in the place of samples

_STATES: dict[StepState, ArtifactState] = {
    "ready": "waiting",
    "leased": "running",
    "done": "ready",
    "dead": "failed",
    "canceled": "failed",
}
_ENDINGS = {"video/mp4": "mp4", "video/webm": "webm", "text/html": "html", "application/zip": "zip"}


@dataclass(frozen=True, kw_only=True, slots=True)
class ArtifactFile:
    """What is known of a file once it is made."""

    media_type: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Artifact:
    job_id: JobId
    kind: ArtifactKind
    language: Language | None
    """Of the kinds with sentences; None for the others."""
    state: ArtifactState
    thousandths: int
    file: ArtifactFile | None
    error_code: str | None
    error_detail: str | None
    created_at: datetime

    @property
    def percent(self) -> float:
        return 100.0 if self.state == "ready" else round(min(self.thousandths, WHOLE) / 10, 1)


def state_of(step: StepState) -> ArtifactState:
    """An artifact has no state of its own: it is that of the step that makes it."""
    return _STATES[step]


def file_name(job: str, kind: ArtifactKind, media_type: str) -> str:
    """A name for who saves it, of nothing that a client said."""
    return f"{job}.{kind}.{_ENDINGS[media_type]}"
