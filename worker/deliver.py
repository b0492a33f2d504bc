"""Tells others of an event: a signed POST, whose outcome is written down before anything follows from it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from threading import Event as Flag

import structlog

from shared.crash import crash_point
from shared.db.deliveries import Settled, claim_delivery, settle_delivery
from shared.db.engine import Sessions, transaction
from shared.db.jobs import get_jobs
from shared.db.results import find_result
from shared.db.steps import LeaseLost
from shared.domain.clock import Clock, Monotonic, monotonic_s, utc_now
from shared.domain.delivery import ANSWER_BYTES, ANSWER_S, DeliveryClaim, Outcome
from shared.domain.errors import Unavailable
from shared.domain.ids import to_wire
from shared.domain.job import Job
from shared.log import get_logger
from shared.metrics import DELIVERY_ATTEMPTS, DELIVERY_SECONDS, ENDPOINTS_DISABLED, STALE_COMMITS
from shared.outbound.client import Answer, OutboundClient
from shared.outbound.errors import NoAnswer
from shared.webhooks.payload import PayloadPolicy, body_of
from shared.webhooks.signing import signed_headers
from worker.crew import Errand

RETRY_SETTLE_S = 1.0

log = get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Deliverer:
    """Shared by all threads of a worker's crew."""

    sessions: Sessions
    client: OutboundClient
    policy: PayloadPolicy
    name: str
    lease_s: float
    clock: Monotonic = monotonic_s
    now: Clock = utc_now
    random: Callable[[], float] = random.random

    def find(self) -> Errand | None:
        """The next due delivery, claimed."""
        try:
            with transaction(self.sessions) as session:
                claim = claim_delivery(session, self.name, self.lease_s)
        except Unavailable as error:
            log.warning("delivery_not_claimed", reason=error.detail)
            return None
        if claim is None:
            return None
        crash_point("delivery_claimed")
        return lambda: self.deliver(claim)

    def deliver(self, claim: DeliveryClaim) -> None:
        began_s = self.clock()
        with structlog.contextvars.bound_contextvars(delivery_id=str(claim.id), event_id=str(claim.event.id)):
            body, headers = self._message(claim)
            outcome = self._post(claim.url, body, headers)
            crash_point("delivery_posted")
            self._settle(claim, outcome, give_up_s=began_s + self.lease_s)
            crash_point("delivery_settled")

    def _message(self, claim: DeliveryClaim) -> tuple[bytes, dict[str, str]]:
        """The body as the job stands now: a job that is over changes only by being erased."""
        event, job, summary = claim.event, None, None
        if event.job_id is not None:
            with transaction(self.sessions) as session:
                job = get_jobs(session, [event.job_id])[0]
                result = find_result(session, event.job_id)
            summary = result.summary if result else None
        body = body_of(event, job, summary, self.policy)
        headers = signed_headers(to_wire("evt", event.id), self.now(), body, claim.signing)
        return body, {**headers, "content-type": "application/json", **_trace(job)}

    def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
        began_s = self.clock()
        try:
            with self.client.open("POST", url, headers=headers, content=body, limit_s=ANSWER_S) as answer:
                text = _beginning(answer)
                return Outcome(
                    status=answer.status,
                    latency_s=self.clock() - began_s,
                    answer=text,
                    retry_after_s=_retry_after_s(answer.headers.get("retry-after"), self.now()),
                )
        except NoAnswer as error:
            return Outcome(status=None, latency_s=self.clock() - began_s, error=error.reason)

    def _settle(self, claim: DeliveryClaim, outcome: Outcome, *, give_up_s: float) -> None:
        """Write the outcome down, again while Postgres is away and the lease may hold; else it is sent again."""
        while True:
            try:
                with transaction(self.sessions) as session:
                    settled = settle_delivery(session, claim, outcome, self.random)
            except LeaseLost:
                STALE_COMMITS.labels("delivery").inc()
                log.warning("stale_delivery_rejected", token=claim.token)
                return
            except Unavailable:
                if self.clock() > give_up_s:
                    log.warning("delivery_not_settled")
                    return
                Flag().wait(RETRY_SETTLE_S)
            else:
                _note(settled, outcome)
                return


def _note(settled: Settled, outcome: Outcome) -> None:
    DELIVERY_ATTEMPTS.labels("failed" if settled.state == "ready" else settled.state).inc()
    DELIVERY_SECONDS.observe(outcome.latency_s)
    log.info("delivery_tried", state=settled.state, status=outcome.status, error=outcome.error)
    if settled.disabled:
        ENDPOINTS_DISABLED.inc()
        log.warning("endpoint_disabled", reason=settled.disabled)


def _trace(job: Job | None) -> dict[str, str]:
    """The trace that the job was submitted in goes on at its receiver."""
    traceparent = job.origin.traceparent if job else None
    return {"traceparent": traceparent} if traceparent else {}


def _beginning(answer: Answer) -> str:
    """The first kilobyte, as text that Postgres can store. What comes after a status does not change the outcome."""
    kept = bytearray()
    with suppress(NoAnswer):
        for chunk in answer.chunks():
            kept += chunk
            if len(kept) >= ANSWER_BYTES:
                break
    return bytes(kept[:ANSWER_BYTES]).decode("utf-8", "replace").replace("\0", "\ufffd")


def _retry_after_s(text: str | None, now: datetime) -> float | None:
    """Seconds from either form of the header; None where there is none or it cannot be read."""
    if not text:
        return None
    if text.isascii() and text.strip().isdigit():
        return float(text.strip()[:9])
    try:
        return max((parsedate_to_datetime(text) - now).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return None
