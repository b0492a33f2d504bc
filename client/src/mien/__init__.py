"""The Python client of Mien, which analyses displayed facial expression in interview recordings.

with mien.Client("https://mien.example", "mien_…") as client:
    job = client.wait(client.submit("interview.mp4", reference="candidate-17")).succeeded()
    print(client.result(job).score.value)
"""

from __future__ import annotations

from mien.client import Client
from mien.client_async import AsyncClient
from mien.errors import (
    AccessProblem,
    Conflict,
    FieldError,
    Gone,
    JobFailed,
    MienError,
    NotFound,
    NotYet,
    Problem,
    RecordingChanged,
    RequestProblem,
    ServerProblem,
    SignatureInvalid,
    TooMany,
    UnexpectedAnswer,
    Unreachable,
)
from mien.jobs import (
    OVER,
    Batch,
    Erasure,
    Job,
    JobError,
    JobEvent,
    JobFields,
    JobProgress,
    Options,
    SharedFields,
    SubjectErasure,
)
from mien.operations.submitting import Item, Recording
from mien.recordings import Upload, Video
from mien.results import (
    Artifact,
    ArtifactError,
    Box,
    Coverage,
    Face,
    FaceQuality,
    Moment,
    Quality,
    Result,
    Sample,
    Score,
    Track,
    VideoFacts,
)
from mien.retry import Retry
from mien.samples import AsyncTimeline, Timeline, frame_of
from mien.version import __version__
from mien.webhooks import Attempt, Delivery, Endpoint, WebhookEvent, verify_webhook
from mien.wire import Progress

__all__ = [
    "OVER",
    "AccessProblem",
    "Artifact",
    "ArtifactError",
    "AsyncClient",
    "AsyncTimeline",
    "Attempt",
    "Batch",
    "Box",
    "Client",
    "Conflict",
    "Coverage",
    "Delivery",
    "Endpoint",
    "Erasure",
    "Face",
    "FaceQuality",
    "FieldError",
    "Gone",
    "Item",
    "Job",
    "JobError",
    "JobEvent",
    "JobFailed",
    "JobFields",
    "JobProgress",
    "MienError",
    "Moment",
    "NotFound",
    "NotYet",
    "Options",
    "Problem",
    "Progress",
    "Quality",
    "Recording",
    "RecordingChanged",
    "RequestProblem",
    "Result",
    "Retry",
    "Sample",
    "Score",
    "ServerProblem",
    "SharedFields",
    "SignatureInvalid",
    "SubjectErasure",
    "Timeline",
    "TooMany",
    "Track",
    "UnexpectedAnswer",
    "Unreachable",
    "Upload",
    "Video",
    "VideoFacts",
    "WebhookEvent",
    "__version__",
    "frame_of",
    "verify_webhook",
]
