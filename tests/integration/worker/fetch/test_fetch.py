from __future__ import annotations

import hashlib
import os
from email.utils import formatdate
from pathlib import Path

import pytest

from shared.db.engine import Sessions
from shared.db.jobs import PLAN_BYTES_PER_S
from shared.queue import HintPublisher
from shared.storage.local import LocalStorage
from tests.factories import a_bearer
from tests.integration.worker.fetch.conftest import (
    JoinIn,
    Submit,
    content_of,
    fetch_due,
    files_in,
    how_it_failed,
    job_now,
    step_now,
    video_now,
)
from tests.integration.worker.fetch.origin import Exchange, answer, give, give_part, originating
from worker.carrier import StepCarrier
from worker.fetch import Fetcher
from worker.pool import AnalyserPool
from worker.recording import Tools
from worker.supervisor import Supervisor

FILE = os.urandom(300_000)
OTHER = os.urandom(200_000)
HALF = 150_000


def work_off(tools: Tools, hints: HintPublisher, pool: AnalyserPool) -> None:
    supervisor = Supervisor(tools, StepCarrier(tools, a_bearer(), hints, heartbeat_s=10.0), pool)
    while supervisor.perform_next_step():
        pass


def test_a_fetched_recording_is_stored_with_its_hash_and_its_address_forgotten(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, storage: LocalStorage
) -> None:
    with originating(give(FILE)) as origin:
        job_id = submit(origin.url)
        assert fetch_due(fetcher) == 1

    video = video_now(sessions, job_id)
    assert (video.state, video.source_url) == ("stored", None)
    assert (video.size_bytes, video.sha256) == (len(FILE), hashlib.sha256(FILE).hexdigest())
    assert content_of(storage, video) == FILE
    assert video.modified_ns == storage.local_path(video.storage_key).stat().st_mtime_ns
    assert job_now(sessions, job_id).state == "planning"
    plan = step_now(sessions, job_id, "plan")
    assert plan is not None
    assert (plan.state, plan.media_s) == ("ready", len(FILE) / PLAN_BYTES_PER_S)


def test_a_fetched_recording_becomes_a_result(
    fetcher: Fetcher,
    submit: Submit,
    sessions: Sessions,
    tools: Tools,
    hints: HintPublisher,
    pool: AnalyserPool,
    recording: Path,
) -> None:
    with originating(give(recording.read_bytes())) as origin:
        job_id = submit(origin.url)
        fetch_due(fetcher)
        work_off(tools, hints, pool)

    job = job_now(sessions, job_id)
    assert (job.state, job.progress.samples_done) == ("succeeded", 12)
    assert len(origin.requests) == 1


def test_a_page_instead_of_a_recording_is_found_out_by_the_plan(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, tools: Tools, hints: HintPublisher, pool: AnalyserPool
) -> None:
    with originating(give(b"<!doctype html><title>Sign in</title>")) as origin:
        job_id = submit(origin.url)
        fetch_due(fetcher)
        work_off(tools, hints, pool)

    assert how_it_failed(sessions, job_id)[0] == "unsupported_media"


def test_what_was_cut_is_resumed_and_no_byte_comes_twice(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, storage: LocalStorage
) -> None:
    with originating(give(FILE, up_to=1000), give(FILE, up_to=HALF), give(FILE)) as origin:
        job_id = submit(origin.url)
        fetch_due(fetcher)

    assert content_of(storage, video_now(sessions, job_id)) == FILE
    assert [request.first_byte for request in origin.requests] == [0, 1000, HALF]
    assert [request.headers.get("if-range") for request in origin.requests] == [None, '"one"', '"one"']
    assert origin.given_bytes == len(FILE)


def test_an_old_date_is_as_good_as_a_tag(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, storage: LocalStorage
) -> None:
    headers = {"Date": formatdate(1_000_060, usegmt=True), "Last-Modified": formatdate(1_000_000, usegmt=True)}
    with originating(give(FILE, up_to=HALF, headers=headers), give(FILE, headers=headers)) as origin:
        job_id = submit(origin.url)
        fetch_due(fetcher)

    assert content_of(storage, video_now(sessions, job_id)) == FILE
    assert origin.requests[1].headers["if-range"] == headers["Last-Modified"]
    assert origin.given_bytes == len(FILE)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"ETag": 'W/"one"', "Date": formatdate(1_000_060, usegmt=True), "Last-Modified": formatdate(0, usegmt=True)},
        {"Date": formatdate(1_000_059, usegmt=True), "Last-Modified": formatdate(1_000_000, usegmt=True)},
        {"Last-Modified": formatdate(1_000_000, usegmt=True)},
        {"Date": "today", "Last-Modified": "yesterday"},
        {"ETag": '"\xe9"'},
    ],
    ids=["none", "weak", "fresh date", "date alone", "nonsense", "no ascii"],
)
def test_without_something_that_names_its_version_a_file_is_fetched_from_the_start(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, storage: LocalStorage, headers: dict[str, str]
) -> None:
    with originating(give(FILE, up_to=HALF, headers=headers), give(OTHER, headers=headers)) as origin:
        job_id = submit(origin.url)
        fetch_due(fetcher)

    assert content_of(storage, video_now(sessions, job_id)) == OTHER
    assert "range" not in origin.requests[1].headers


def test_a_server_without_ranges_gives_all_of_it_again(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, storage: LocalStorage
) -> None:
    with originating(give(FILE, up_to=HALF), give(FILE, ranges=False)) as origin:
        job_id = submit(origin.url)
        fetch_due(fetcher)

    video = video_now(sessions, job_id)
    assert content_of(storage, video) == FILE
    assert video.sha256 == hashlib.sha256(FILE).hexdigest()


def test_a_file_that_was_replaced_meanwhile_is_fetched_anew(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, storage: LocalStorage
) -> None:
    with originating(give(FILE, up_to=1000), give(OTHER, headers={"ETag": '"two"'})) as origin:
        job_id = submit(origin.url)
        fetch_due(fetcher)

    video = video_now(sessions, job_id)
    assert content_of(storage, video) == OTHER
    assert video.sha256 == hashlib.sha256(OTHER).hexdigest()


@pytest.mark.parametrize(
    ("content", "headers"), [(OTHER + FILE[len(OTHER) :], {"ETag": '"two"'}), (OTHER, {"ETag": '"one"'}), (OTHER, {})]
)
def test_no_part_of_another_file_is_taken_from_a_server_that_ignores_the_condition(
    fetcher: Fetcher,
    submit: Submit,
    sessions: Sessions,
    storage: LocalStorage,
    content: bytes,
    headers: dict[str, str],
) -> None:
    def give_the_rest(exchange: Exchange) -> None:
        give_part(exchange, content, exchange.request.first_byte, headers)

    with originating(give(FILE, up_to=1000), give_the_rest, give(content, headers=headers)) as origin:
        job_id = submit(origin.url)
        fetch_due(fetcher)

    assert content_of(storage, video_now(sessions, job_id)) == content
    assert "range" not in origin.requests[2].headers


def test_a_server_that_gives_less_than_the_rest_is_asked_on(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, storage: LocalStorage
) -> None:
    def give_a_little(exchange: Exchange) -> None:
        first, part = exchange.request.first_byte, FILE[exchange.request.first_byte :][:HALF]
        extent = f"bytes {first}-{first + len(part) - 1}/{len(FILE)}"
        exchange.head(206, {"ETag": '"one"', "Content-Range": extent, "Content-Length": str(len(part))})
        exchange.give(part)

    with originating(give_a_little) as origin:
        job_id = submit(origin.url)
        fetch_due(fetcher)

    assert content_of(storage, video_now(sessions, job_id)) == FILE
    assert origin.given_bytes == len(FILE)


def test_a_file_that_was_cut_behind_its_last_byte_is_not_fetched_again(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, storage: LocalStorage
) -> None:
    def give_all_but_the_end(exchange: Exchange) -> None:
        exchange.head(200, {"ETag": '"one"', "Transfer-Encoding": "chunked"})
        exchange.say(b"%x\r\n" % len(FILE))
        exchange.give(FILE)

    nothing_more = answer(416, {"Content-Range": f"bytes */{len(FILE)}"})
    with originating(give_all_but_the_end, nothing_more) as origin:
        job_id = submit(origin.url)
        fetch_due(fetcher)

    assert content_of(storage, video_now(sessions, job_id)) == FILE
    assert origin.given_bytes == len(FILE)


def test_a_rest_that_is_not_given_out_is_fetched_from_the_start(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, storage: LocalStorage
) -> None:
    refused = answer(416, {"Content-Range": "bytes */1000"})
    with originating(give(FILE, up_to=HALF), refused, give(FILE)) as origin:
        job_id = submit(origin.url)
        fetch_due(fetcher)

    assert content_of(storage, video_now(sessions, job_id)) == FILE
    assert "range" not in origin.requests[2].headers


def test_of_two_jobs_for_one_recording_one_fetches_it(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, storage: LocalStorage, join_in: JoinIn
) -> None:
    with originating(give(FILE)) as origin:
        first = submit(origin.url)
        second = join_in(first)
        assert fetch_due(fetcher) == 2

    assert len(origin.requests) == 1
    assert len(files_in(storage)) == 1
    for job_id in (first, second):
        plan = step_now(sessions, job_id, "plan")
        assert plan is not None
        assert plan.media_s == len(FILE) / PLAN_BYTES_PER_S
