"""The stored recording of a claimed step, and whether it is still the accepted one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from shared.db.engine import Sessions, transaction
from shared.db.jobs import get_jobs
from shared.db.videos import video_of_job
from shared.domain.errors import MediaAltered, MediaMissing, Unavailable
from shared.domain.job import Job
from shared.domain.limits import MediaLimits
from shared.domain.options import FER_MODELS
from shared.domain.step import Claim
from shared.domain.video import Video
from shared.storage.port import Storage
from worker.pipeline.shipped import MODEL_FOLDERS


@dataclass(frozen=True, kw_only=True, slots=True)
class Tools:
    """What every use case of the worker is handed."""

    sessions: Sessions
    storage: Storage
    limits: MediaLimits
    models: Mapping[str, Path] = field(default_factory=dict)
    """Folders of the models that do not come with Mien, by name."""


def load_job(tools: Tools, claim: Claim) -> tuple[Job, Video]:
    with transaction(tools.sessions) as session:
        return get_jobs(session, [claim.key.job_id])[0], video_of_job(session, claim.key.job_id)


def media_request(tools: Tools, job: Job, video: Video) -> dict[str, Any]:
    """The fields of a request that opens the recording. Raises MediaMissing or MediaAltered."""
    return {
        "path": str(_unaltered(tools.storage, video)),
        "options": job.request.options.to_dict(),
        "limits": asdict(tools.limits),
    }


def model_folder(tools: Tools, job: Job) -> str | None:
    """Where a job's model lies; None for fer, which has no folder. Raises Unavailable for one that this worker lacks."""
    name = job.request.options.model
    if name in FER_MODELS:
        return None
    folder = MODEL_FOLDERS.get(name) or tools.models.get(name)
    if folder is None:
        raise Unavailable(f"The model '{name}' is not on this worker; name its folder in MIEN_MODELS.")
    return str(folder)


def _unaltered(storage: Storage, video: Video) -> Path:
    path = storage.local_path(video.storage_key)
    try:
        found = path.stat()
    except FileNotFoundError:
        raise MediaMissing("the stored recording is gone; upload it again") from None
    if (found.st_size, found.st_mtime_ns) != (video.size_bytes, video.modified_ns):
        raise MediaAltered("the stored recording was changed after it was accepted; upload it again")
    return path
