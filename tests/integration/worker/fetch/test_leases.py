from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, update

from shared.db.engine import Sessions
from shared.db.jobs import cancel_job
from shared.db.tables import StepRow
from shared.domain.clock import monotonic_s
from shared.domain.step import hard_limit_s
from shared.outbound.client import OutboundClient
from shared.queue import HintPublisher
from shared.storage.local import LocalStorage
from tests.integration.worker.fetch.conftest import (
    AT_ONCE,
    JoinIn,
    Submit,
    a_fetching_bearer,
    content_of,
    fetch_due,
    files_in,
    job_now,
    step_now,
    video_now,
)
from tests.integration.worker.fetch.origin import Exchange, Pausing, drip, give, originating
from worker.carrier import StepCarrier
from worker.fetch import Fetcher
from worker.recording import Tools
from worker.sweep import sweep_once

FILE = bytes(range(256)) * 1000
OTHER = FILE[::-1]
HALF = len(FILE) // 2
LONG_S = 60.0


@contextmanager
def half_way(fetcher: Fetcher, pausing: Pausing) -> Iterator[None]:
    """What happens within happens while a step is carried out, which is over afterwards."""
    errand = fetcher.find()
    assert errand is not None
    thread = threading.Thread(target=errand)
    thread.start()
    try:
        assert pausing.begun.wait(LONG_S)
        yield
    finally:
        pausing.go_on.set()
        thread.join()


def end_the_leases(sessions: Sessions) -> None:
    with sessions.begin() as session:
        session.execute(update(StepRow).values(leased_until=func.now() - timedelta(seconds=1)))


def test_what_a_bearer_without_its_lease_brings_does_not_count(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, storage: LocalStorage, hints: HintPublisher
) -> None:
    unaware = replace(fetcher, pace=replace(AT_ONCE, beat_s=LONG_S))
    pausing = Pausing(FILE)
    with originating(pausing, give(OTHER)) as origin:
        job_id = submit(origin.url)
        with half_way(unaware, pausing):
            end_the_leases(sessions)
            assert fetch_due(fetcher) == 1
            fetched = video_now(sessions, job_id)

    assert content_of(storage, fetched) == OTHER
    assert video_now(sessions, job_id) == fetched
    assert len(files_in(storage)) == 2
    sweep_once(sessions, storage, hints, orphan_age_s=-1)
    assert files_in(storage) == [storage.local_path(fetched.storage_key)]


def test_a_bearer_that_hears_that_its_lease_is_lost_leaves_nothing(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, storage: LocalStorage
) -> None:
    pausing = Pausing(FILE, then=drip)
    with originating(pausing, give(OTHER)) as origin:
        job_id = submit(origin.url)
        with half_way(fetcher, pausing):
            end_the_leases(sessions)
            assert fetch_due(fetcher) == 1

    assert content_of(storage, video_now(sessions, job_id)) == OTHER
    assert len(files_in(storage)) == 1


def test_two_jobs_that_fetch_one_recording_at_once_do_not_touch_each_others_file(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, storage: LocalStorage, join_in: JoinIn
) -> None:
    pausing = Pausing(FILE)
    with originating(pausing, give(OTHER)) as origin:
        first = submit(origin.url)
        second = join_in(first)
        with half_way(fetcher, pausing):
            assert fetch_due(fetcher) == 1
            fetched = video_now(sessions, first)
            assert content_of(storage, fetched) == OTHER

    assert video_now(sessions, first) == fetched
    assert content_of(storage, fetched) == OTHER
    for job_id in (first, second):
        assert step_now(sessions, job_id, "plan") is not None


def test_a_canceled_fetch_stops_and_leaves_nothing(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, storage: LocalStorage
) -> None:
    pausing = Pausing(FILE, then=drip)
    with originating(pausing) as origin:
        job_id = submit(origin.url)
        with half_way(fetcher, pausing):
            with sessions.begin() as session:
                cancel_job(session, job_now(sessions, job_id).workspace_id, job_id)
            assert job_now(sessions, job_id).state == "canceling"
            assert [path.suffix for path in files_in(storage)] == [".part"]

    assert job_now(sessions, job_id).state == "canceled"
    assert files_in(storage) == []


def test_a_stopping_worker_hands_a_fetch_back(
    fetcher: Fetcher, carrier: StepCarrier, submit: Submit, sessions: Sessions, storage: LocalStorage
) -> None:
    pausing = Pausing(FILE, then=drip)
    with originating(pausing) as origin:
        job_id = submit(origin.url)
        with half_way(fetcher, pausing):
            carrier.stop(grace_s=0)

    step = step_now(sessions, job_id)
    assert step is not None
    assert (step.state, step.attempts, step.losses) == ("ready", 0, 0)
    assert files_in(storage) == []


def test_the_lease_is_kept_while_a_server_is_silent(
    tools: Tools, hints: HintPublisher, client: OutboundClient, submit: Submit, sessions: Sessions
) -> None:
    lease_s = 2.0
    carrier = StepCarrier(tools, a_fetching_bearer(lease_s), hints, heartbeat_s=0.1)
    fetcher = Fetcher(tools=tools, carrier=carrier, client=client, pace=AT_ONCE)
    pausing = Pausing(FILE)
    with originating(pausing) as origin:
        job_id = submit(origin.url)
        with half_way(fetcher, pausing):
            threading.Event().wait(1.5 * lease_s)
            assert carrier.claim() is None

    step = step_now(sessions, job_id)
    assert step is not None
    assert (step.state, step.lease_token) == ("done", 1)


def test_a_server_that_stays_silent_is_cut_off(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, storage: LocalStorage
) -> None:
    def never_go_on(exchange: Exchange) -> None:
        give(FILE, up_to=HALF)(exchange)
        threading.Event().wait(5)

    impatient = replace(fetcher, pace=replace(AT_ONCE, idle_s=0.5))
    with originating(never_go_on, give(FILE)) as origin:
        job_id = submit(origin.url)
        fetch_due(impatient)

    assert content_of(storage, video_now(sessions, job_id)) == FILE
    assert origin.requests[1].first_byte == HALF


def test_a_fetch_past_its_hard_limit_is_put_down_and_counted(
    tools: Tools, hints: HintPublisher, client: OutboundClient, submit: Submit, sessions: Sessions
) -> None:
    later_s = 0.0
    clock = lambda: monotonic_s() + later_s  # noqa: E731, a clock that can be put forward
    carrier = StepCarrier(tools, a_fetching_bearer(), hints, heartbeat_s=10.0, clock=clock)
    pausing = Pausing(FILE, then=drip)
    with originating(pausing) as origin:
        job_id = submit(origin.url)
        step = step_now(sessions, job_id)
        assert step is not None
        with half_way(Fetcher(tools=tools, carrier=carrier, client=client, pace=AT_ONCE), pausing):
            later_s = hard_limit_s(step.media_s)

    step = step_now(sessions, job_id)
    assert step is not None
    assert (step.state, step.attempts) == ("ready", 1)
