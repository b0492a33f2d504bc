"""Who wants to hear how far a job is."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.db.jobs import get_jobs
from shared.db.tables import EndpointRow, JobRow
from shared.domain.delivery import Signing
from shared.domain.ids import EndpointId, JobId
from shared.domain.job import Job

MAX_TOLD = 500  # jobs in one round; beyond that nobody follows single jobs


@dataclass(frozen=True, kw_only=True, slots=True)
class Listener:
    endpoint_id: EndpointId
    url: str
    signing: Signing
    job: Job


def progress_listeners(session: Session) -> list[Listener]:
    """Running jobs, each with every endpoint of its workspace that asked for `job.progress`."""
    overlap = EndpointRow.previous_secret_until > func.now()
    rows = session.execute(
        select(JobRow.id, EndpointRow, overlap)
        .join(EndpointRow, EndpointRow.workspace_id == JobRow.workspace_id)
        .where(
            JobRow.state.in_(("planning", "running", "finishing")),
            EndpointRow.state == "active",
            EndpointRow.event_types.any_() == "job.progress",
        )
        .order_by(JobRow.id)
        .limit(MAX_TOLD)
    ).all()
    jobs = {job.id: job for job in get_jobs(session, {JobId(row[0]) for row in rows})}
    return [
        Listener(
            endpoint_id=EndpointId(endpoint.id),
            url=endpoint.url,
            signing=Signing(secret=endpoint.secret, previous=endpoint.previous_secret if both else None),
            job=jobs[JobId(job_id)],
        )
        for job_id, endpoint, both in rows
    ]
