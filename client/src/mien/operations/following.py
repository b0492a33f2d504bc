"""Jobs that are there: look at them, follow them, end them, erase them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime

from mien.core import Core, get, id_of, pages, params_of, path_to, post
from mien.decode import decode
from mien.errors import NotYet, Unreachable
from mien.jobs import Batch, Erasure, Job, JobEvent, SubjectErasure
from mien.sse import EventParser, Message
from mien.wire import Flow, Give, Op, Pause, Progress, Read, Reply, Request

WAIT_S = 30  # of one request; the server allows a minute
SHORT_WAIT_S = 1  # where progress is to be told
ANSWER_S = 30.0  # on top of what the server was asked to wait
BATCH_POLL_S = 1.0
BETWEEN_STREAMS_S = 0.5

JobRef = Job | str
BatchRef = Batch | str


def job(core: Core, job: JobRef) -> Op[Job]:
    """State and progress, now."""
    return (yield from get(core, Job, path_to("jobs", id_of(job))))


def jobs(
    core: Core,
    *,
    state: str | Iterable[str] = (),
    reference: str | None = None,
    purpose: str | None = None,
    video_id: str | None = None,
    batch: BatchRef | None = None,
    metadata: Mapping[str, str] | None = None,
    created_after: datetime | None = None,
    created_before: datetime | None = None,
    order: str | None = None,
) -> Flow[Job]:
    """Jobs of the workspace, all that fit, fetched as they are iterated; newest first unless `order` is `asc`."""
    named = params_of(
        [
            *(("state", each) for each in ([state] if isinstance(state, str) else state)),
            ("reference", reference),
            ("purpose", purpose),
            ("video_id", video_id),
            ("batch", None if batch is None else id_of(batch)),
            *((f"metadata.{name}", value) for name, value in (metadata or {}).items()),
            ("created_after", None if created_after is None else created_after.isoformat()),
            ("created_before", None if created_before is None else created_before.isoformat()),
            ("order", order),
        ]
    )
    return (yield from pages(core, Job, path_to("jobs"), named))


def cancel(core: Core, job: JobRef) -> Op[Job]:
    """Stop a job. Raises Conflict once its result is there."""
    return (yield from post(core, Job, path_to("jobs", id_of(job), "cancel")))


def retry(core: Core, job: JobRef, *, idempotency_key: str | None = None) -> Op[Job]:
    """Analyse the recording of a failed or canceled job again: a new job with `retry_of`."""
    return (yield from post(core, Job, path_to("jobs", id_of(job), "retry"), key=idempotency_key))


def erase(core: Core, job: JobRef) -> Op[Erasure]:
    """Erase a job and all that came of it, and its recording unless another job has it."""
    reply = yield from core.call(Request("DELETE", path_to("jobs", id_of(job))))
    return decode(Erasure, reply.json())


def erase_subject(core: Core, reference: str) -> Op[SubjectErasure]:
    """Erase everything that was submitted under a reference.

    It is not tried again by itself: a second receipt names only what the first one left.
    """
    reply = yield from core.call(Request("DELETE", path_to("subjects", reference), repeatable=False))
    return decode(SubjectErasure, reply.json())


def wait(core: Core, job: JobRef, *, timeout_s: float | None = None, progress: Progress | None = None) -> Op[Job]:
    """The job once it is over, in whichever state: `wait(job).succeeded()` is the job or raises JobFailed.

    Args:
        timeout_s: Raises NotYet after this time; None: however long it takes.
        progress: Told about once a second how many samples are done and of how many; 0 of 0 while nobody knows.
    """
    streak, deadline_s = core.streak(), _deadline(core, timeout_s)
    while True:
        left_s = max(0.0, deadline_s - core.retry.clock())
        wait_s = math.ceil(min(left_s, SHORT_WAIT_S if progress else WAIT_S))
        request = Request(
            "GET", path_to("jobs", id_of(job)), headers={"Prefer": f"wait={wait_s}"}, timeout_s=wait_s + ANSWER_S
        )
        now = decode(Job, (yield from core.call(request, streak=streak)).json())
        streak.forget()
        if progress:
            progress(now.progress.samples_done, now.progress.samples_total or 0)
        if now.is_over:
            return now
        if core.retry.clock() >= deadline_s:
            raise NotYet(f"{now.id} is {now.state}")


def events(core: Core, job: JobRef, *, last_event_id: str | None = None) -> Flow[JobEvent]:
    """What happens to a job as it happens, first how it stands, until it is over.

    A cut stream goes on where it was: give the `id` of the last event to do so in another process.
    """
    streak, last_id = core.streak(), last_event_id
    while True:
        opened = yield from core.open(_stream_request(job, last_id), streak=streak)
        if opened.status == 204:
            return
        parser = EventParser()
        try:
            while data := (yield Read()):
                for message in parser.feed(data):
                    streak.forget()
                    last_id = message.id or last_id
                    event = _event(message)
                    yield Give(event)
                    if event.job.is_over:
                        return
            pause_s = BETWEEN_STREAMS_S  # the server is going away
        except Unreachable as cut:
            pause_s = streak.pause_s(cut)
        yield Pause(pause_s)


def batch_state(core: Core, batch: BatchRef) -> Op[Batch]:
    """How its jobs stand, now."""
    return (yield from get(core, Batch, path_to("batches", id_of(batch))))


def batches(core: Core) -> Flow[Batch]:
    """Batches of the workspace, newest first."""
    return (yield from pages(core, Batch, path_to("batches")))


def cancel_batch(core: Core, batch: BatchRef) -> Op[Batch]:
    """Stop those of its jobs that have no result yet."""
    return (yield from post(core, Batch, path_to("batches", id_of(batch), "cancel")))


def wait_for_batch(
    core: Core, batch: BatchRef, *, timeout_s: float | None = None, progress: Progress | None = None
) -> Op[Batch]:
    """The batch once all of its jobs are over.

    Args:
        timeout_s: Raises NotYet after this time; None: however long it takes.
        progress: Told how much is done, in hundredths of a percent, and of how much.
    """
    streak, deadline_s = core.streak(), _deadline(core, timeout_s)
    while True:
        reply = yield from core.call(Request("GET", path_to("batches", id_of(batch))), streak=streak)
        now = decode(Batch, reply.json())
        streak.forget()
        if progress:
            progress(round(now.percent * 100), 10_000)
        if now.is_over:
            return now
        if core.retry.clock() + BATCH_POLL_S > deadline_s:
            raise NotYet(f"{now.id} is {now.state}")
        yield Pause(BATCH_POLL_S)


def _deadline(core: Core, timeout_s: float | None) -> float:
    return math.inf if timeout_s is None else core.retry.clock() + timeout_s


def _stream_request(job: JobRef, last_id: str | None) -> Request:
    resumed = {} if last_id is None else {"Last-Event-ID": last_id}
    return Request("GET", path_to("jobs", id_of(job), "events"), headers={"Accept": "text/event-stream", **resumed})


def _event(message: Message) -> JobEvent:
    """Raises UnexpectedAnswer for data that is no job."""
    job = decode(Job, Reply(status=200, headers={}, body=message.data.encode()).json())
    return JobEvent(id=message.id, type=message.type, job=job)
