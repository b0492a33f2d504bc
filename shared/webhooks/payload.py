"""What an event says: ids, states and links, little else. Who wants more asks for it with a key.

A body is made when it is sent and never stored: what was erased meanwhile cannot be told any more.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.domain.delivery import Event, EventType
from shared.domain.ids import to_wire
from shared.domain.job import Job
from shared.domain.links import Links

Summary = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class PayloadPolicy:
    links: Links
    assessment_scores: bool = False
    """Whether the score of an assessment is told; its status and its quality always are."""


def body_of(event: Event, job: Job | None, summary: Summary | None, policy: PayloadPolicy) -> bytes:
    """The JSON body; the same bytes however often it is sent."""
    data = _plain_data(event, policy) if job is None else job_data(job, summary, policy)
    return _message(event.type, event.created_at, data)


def _plain_data(event: Event, policy: PayloadPolicy) -> dict[str, Any]:
    data = event.data or {}
    return data if event.type != "batch.finished" else {**data, "links": policy.links.of_batch(data["batch_id"])}


def progress_body(job: Job, at: datetime, policy: PayloadPolicy) -> bytes:
    """How far a job is."""
    progress = job.progress
    done = {"samples_done": progress.samples_done, "samples_total": progress.samples_total, "percent": progress.percent}
    return _message("job.progress", at, {**job_data(job, None, policy), "progress": done})


def job_data(job: Job, summary: Summary | None, policy: PayloadPolicy) -> dict[str, Any]:
    job_id = to_wire("job", job.id)
    if job.state == "erased":
        return {"job_id": job_id}
    data: dict[str, Any] = {
        "job_id": job_id,
        "state": job.state,
        "video_id": to_wire("vid", job.video_id),
        "reference": job.request.reference,
        "metadata": job.request.metadata,
        "purpose": job.request.purpose,
        "retry_of": to_wire("job", job.retry_of) if job.retry_of else None,
        "created_at": _time(job.created_at),
        "started_at": _time(job.started_at),
        "finished_at": _time(job.finished_at),
        "error": {"code": job.error_code, "detail": job.error_detail} if job.error_code else None,
        "links": policy.links.of_job(job_id),
    }
    return data | _findings(job, summary, policy)


def _findings(job: Job, summary: Summary | None, policy: PayloadPolicy) -> dict[str, Any]:
    """Quality for everyone; the score unless the job assesses a person and the operator has not agreed to tell."""
    if summary is None:
        return {}
    found = {"coverage": summary["coverage"], "warnings": summary["warnings"]}
    if job.request.purpose != "assessment" or policy.assessment_scores:
        found["score"] = summary["score"]
    return found


def _message(event_type: EventType, at: datetime, data: dict[str, Any]) -> bytes:
    message = {"type": event_type, "timestamp": _time(at), "data": data}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
