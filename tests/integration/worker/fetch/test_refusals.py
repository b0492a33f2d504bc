from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from shared.db.engine import Sessions
from shared.outbound.addresses import parse_networks
from shared.outbound.client import OutboundClient
from shared.storage.local import LocalStorage
from tests.integration.worker.fetch.conftest import (
    AT_ONCE,
    LIMIT_BYTES,
    Submit,
    content_of,
    fetch_due,
    files_in,
    how_it_failed,
    job_now,
    run_sql,
    step_now,
    video_now,
)
from tests.integration.worker.fetch.origin import Exchange, Script, answer, give, give_part, originating, redirect
from worker.carrier import StepCarrier
from worker.fetch import Fetcher
from worker.recording import Tools

FILE = bytes(range(256)) * 100
WAIT_NO_LONGER = "UPDATE step SET not_before = now() WHERE state = 'ready'"


@pytest.mark.parametrize("status", [204, 304, 401, 403, 404, 410, 416, 418, 501])
def test_an_address_that_gives_nothing_out_is_asked_once_and_its_status_is_told(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, storage: LocalStorage, status: int
) -> None:
    with originating(answer(status)) as origin:
        job_id = submit(origin.url)
        fetch_due(fetcher)

    assert how_it_failed(sessions, job_id) == ("fetch_refused", f"the address answered {status}")
    assert len(origin.requests) == 1
    assert files_in(storage) == []
    assert video_now(sessions, job_id).state == "fetching"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_an_address_that_is_out_of_order_is_asked_again(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, storage: LocalStorage, status: int
) -> None:
    with originating(answer(status), answer(status), give(FILE)) as origin:
        job_id = submit(origin.url)
        fetch_due(fetcher)

    assert content_of(storage, video_now(sessions, job_id)) == FILE


def test_an_address_that_stays_out_of_order_is_asked_a_bounded_number_of_times(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, storage: LocalStorage
) -> None:
    with originating(answer(503)) as origin:
        job_id = submit(origin.url)
        for _ in range(3):
            assert job_now(sessions, job_id).state in ("queued", "planning")
            fetch_due(fetcher)
            run_sql(sessions, WAIT_NO_LONGER)

    detail = "the recording could not be fetched: the address answered 503"
    assert how_it_failed(sessions, job_id) == ("fetch_failed", detail)
    assert len(origin.requests) == 3 * (len(AT_ONCE.pauses_s) + 1)
    assert files_in(storage) == []


def never_the_end(exchange: Exchange) -> None:
    exchange.head(200, {"ETag": '"one"', "Transfer-Encoding": "chunked"})
    exchange.say(b"%x\r\n" % len(FILE) + FILE)


@pytest.mark.parametrize(
    "scripts", [(give(FILE, up_to=100, ranges=False),), (never_the_end, answer(416)) * 20], ids=["cut", "no end"]
)
def test_an_address_that_comes_no_further_than_before_is_left(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, scripts: tuple[Script, ...]
) -> None:
    with originating(*scripts) as origin:
        job_id = submit(origin.url)
        fetch_due(fetcher)

    step = step_now(sessions, job_id)
    assert step is not None
    assert (step.state, step.attempts) == ("ready", 1)
    assert len(origin.requests) == len(AT_ONCE.pauses_s) + 1


def test_a_name_that_leads_nowhere_and_a_closed_port_are_tried_again(
    fetcher: Fetcher, submit: Submit, sessions: Sessions
) -> None:
    with originating(answer(200)) as origin:
        pass
    job_ids = [submit("http://nowhere.invalid/interview.mp4"), submit(origin.url)]
    fetch_due(fetcher)

    for job_id in job_ids:
        step = step_now(sessions, job_id)
        assert step is not None
        assert (step.state, step.attempts) == ("ready", 1)


@pytest.mark.parametrize(
    "extent",
    ["bytes 1-99/100", "bytes 0-99", "lines 0-99/100", f"bytes {'0' * 5000}-99/100", ""],
    ids=["another", "no total", "lines", "endless", "none"],
)
def test_a_part_that_was_not_asked_for_is_refused(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, extent: str
) -> None:
    with originating(answer(206, {"Content-Range": extent})) as origin:
        job_id = submit(origin.url)
        fetch_due(fetcher)

    assert how_it_failed(sessions, job_id)[0] == "fetch_refused"
    assert len(origin.requests) == 1


def test_another_rest_than_was_asked_for_is_refused(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, storage: LocalStorage
) -> None:
    with originating(give(FILE, up_to=100), lambda exchange: give_part(exchange, FILE, 99, {})) as origin:
        job_id = submit(origin.url)
        fetch_due(fetcher)

    assert how_it_failed(sessions, job_id)[0] == "fetch_refused"
    assert files_in(storage) == []


def test_an_encoded_answer_is_refused(fetcher: Fetcher, submit: Submit, sessions: Sessions) -> None:
    with originating(give(FILE, headers={"Content-Encoding": "gzip"})) as origin:
        job_id = submit(origin.url)
        fetch_due(fetcher)

    assert how_it_failed(sessions, job_id)[0] == "fetch_refused"
    assert origin.requests[0].headers["accept-encoding"] == "identity"


def test_nothing_is_written_of_a_file_that_says_it_is_too_large(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, storage: LocalStorage
) -> None:
    def say_too_much(exchange: Exchange) -> None:
        exchange.head(200, {"Content-Length": str(LIMIT_BYTES + 1)})

    with originating(say_too_much) as origin:
        job_id = submit(origin.url)
        fetch_due(fetcher)

    assert how_it_failed(sessions, job_id)[0] == "body_too_large"
    assert len(origin.requests) == 1
    assert files_in(storage) == []


def test_a_file_that_turns_out_too_large_is_left_in_the_middle(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, storage: LocalStorage
) -> None:
    def go_on_and_on(exchange: Exchange) -> None:
        exchange.head(200, {"Transfer-Encoding": "chunked"})
        while True:
            exchange.give(b"10000\r\n" + bytes(0x10000) + b"\r\n")

    with originating(go_on_and_on) as origin:
        job_id = submit(origin.url)
        fetch_due(fetcher)

    assert how_it_failed(sessions, job_id)[0] == "body_too_large"
    assert files_in(storage) == []


@pytest.mark.parametrize("script", [give(b""), lambda exchange: exchange.head(200, {})], ids=["told", "not told"])
def test_an_address_that_gives_no_bytes_is_an_empty_file(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, script: Script
) -> None:
    with originating(script) as origin:
        job_id = submit(origin.url)
        fetch_due(fetcher)

    assert how_it_failed(sessions, job_id)[0] == "empty_file"


@pytest.mark.parametrize("location", ["/there.mp4?a=b", "there.mp4?a=b", "//{host}/there.mp4?a=b"])
def test_a_redirect_is_followed(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, storage: LocalStorage, location: str
) -> None:
    def point_there(exchange: Exchange) -> None:
        host = exchange.request.headers["host"]
        exchange.head(302, {"Location": location.format(host=host)})

    with originating(point_there, give(FILE)) as origin:
        job_id = submit(origin.url)
        fetch_due(fetcher)

    assert content_of(storage, video_now(sessions, job_id)) == FILE
    assert origin.requests[1].path == "/there.mp4?a=b"


def test_a_cut_behind_a_redirect_is_resumed_from_the_address_that_was_given(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, storage: LocalStorage
) -> None:
    with originating(redirect("/a"), give(FILE, up_to=100), redirect("/b"), give(FILE)) as origin:
        job_id = submit(origin.url)
        fetch_due(fetcher)

    assert content_of(storage, video_now(sessions, job_id)) == FILE
    assert [request.path for request in origin.requests] == ["/interview.mp4", "/a", "/interview.mp4", "/b"]
    assert origin.given_bytes == len(FILE)


def test_a_redirect_may_name_letters_beyond_ascii(fetcher: Fetcher, submit: Submit, sessions: Sessions) -> None:
    with originating(redirect("/pr\xc3\xa9sentation.mp4"), give(FILE)) as origin:
        submit(origin.url)
        fetch_due(fetcher)

    assert origin.requests[1].path == "/pr%C3%A9sentation.mp4"


@pytest.mark.parametrize(
    "script", [redirect("/interview.mp4"), answer(302), redirect("http://[::1")], ids=["loop", "nowhere", "nonsense"]
)
def test_a_redirect_that_leads_to_nothing_is_refused(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, script: Script
) -> None:
    with originating(script) as origin:
        job_id = submit(origin.url)
        fetch_due(fetcher)

    assert how_it_failed(sessions, job_id)[0] == "fetch_refused"
    assert len(origin.requests) <= 6


@pytest.mark.parametrize(
    "location",
    ["http://127.0.0.2/", "//10.0.0.1/", "http://169.254.169.254/latest", "http://[::1]/", "file:///etc/passwd"],
)
def test_a_redirect_to_where_no_request_may_go_is_not_followed(
    fetcher: Fetcher, submit: Submit, sessions: Sessions, location: str
) -> None:
    with originating(redirect(location)) as origin:
        job_id = submit(origin.url)
        fetch_due(fetcher)

    assert how_it_failed(sessions, job_id)[0] == "url_not_allowed"
    assert len(origin.requests) == 1


def test_an_address_that_is_no_public_one_any_more_is_not_asked(
    tools: Tools, carrier: StepCarrier, submit: Submit, sessions: Sessions
) -> None:
    with originating(give(FILE)) as origin:
        job_id = submit(origin.url)
        elsewhere = OutboundClient(parse_networks(["127.0.0.2/32"]))
        fetch_due(Fetcher(tools=tools, carrier=carrier, client=elsewhere, pace=AT_ONCE))

    assert how_it_failed(sessions, job_id)[0] == "url_not_allowed"
    assert origin.requests == []


class Redirecting:
    """A client to which every server says the same."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    @contextmanager
    def open(self, *_: Any, **__: Any) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(status=302, headers=self._headers)


def test_a_redirect_does_not_give_up_encryption(
    tools: Tools, carrier: StepCarrier, submit: Submit, sessions: Sessions
) -> None:
    client = cast("OutboundClient", Redirecting({"location": "http://files.example/interview.mp4"}))
    job_id = submit("https://files.example/interview.mp4")
    fetch_due(Fetcher(tools=tools, carrier=carrier, client=client, pace=AT_ONCE))

    assert how_it_failed(sessions, job_id)[0] == "url_not_allowed"
