from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

import pytest
import structlog

from shared.db.engine import Sessions
from shared.domain.errors import StorageFull
from shared.storage.local import LocalIncoming, LocalStorage
from tests.integration.worker.fetch.conftest import (
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
from tests.integration.worker.fetch.origin import Script, answer, give, originating, redirect
from worker.fetch import Fetcher
from worker.recording import Tools

FILE = bytes(range(256)) * 1000
HALF = len(FILE) // 2
WAIT_NO_LONGER = "UPDATE step SET not_before = now() WHERE state = 'ready'"


class NarrowIncoming(LocalIncoming):
    def write(self, chunk: bytes) -> None:
        if self.size_bytes + len(chunk) > HALF:
            raise StorageFull
        super().write(chunk)


class NarrowStorage(LocalStorage):
    """A disk on which half of the file has room."""

    def receive(self, key: str) -> LocalIncoming:
        return NarrowIncoming(key, self.local_path(key))


def test_a_full_disk_is_tried_again_and_keeps_nothing_of_the_file(
    fetcher: Fetcher, tools: Tools, submit: Submit, sessions: Sessions, storage: LocalStorage
) -> None:
    full = replace(fetcher, tools=replace(tools, storage=NarrowStorage(storage.local_path(""))))
    with originating(give(FILE)) as origin:
        job_id = submit(origin.url)
        fetch_due(full)
        step = step_now(sessions, job_id)
        assert step is not None
        assert (step.state, step.attempts) == ("ready", 1)
        assert files_in(storage) == []

        run_sql(sessions, WAIT_NO_LONGER)
        fetch_due(fetcher)

    assert content_of(storage, video_now(sessions, job_id)) == FILE


def test_a_disk_that_stays_full_fails_the_job(
    fetcher: Fetcher, tools: Tools, submit: Submit, sessions: Sessions, storage: LocalStorage
) -> None:
    full = replace(fetcher, tools=replace(tools, storage=NarrowStorage(storage.local_path(""))))
    with originating(give(FILE)) as origin:
        job_id = submit(origin.url)
        for _ in range(3):
            fetch_due(full)
            run_sql(sessions, WAIT_NO_LONGER)

    assert how_it_failed(sessions, job_id)[0] == "storage_full"
    assert files_in(storage) == []


def test_a_recording_that_was_deleted_before_it_came_is_missing(
    fetcher: Fetcher, submit: Submit, sessions: Sessions
) -> None:
    with originating(give(FILE)) as origin:
        job_id = submit(origin.url)
        run_sql(sessions, "UPDATE video SET state = 'deleted', source_url = NULL")
        fetch_due(fetcher)

    assert how_it_failed(sessions, job_id)[0] == "media_missing"
    assert origin.requests == []


class BrokenStorage(LocalStorage):
    def receive(self, key: str) -> NoReturn:
        raise OSError(5, "Input/output error")


def break_the_disk(fetcher: Fetcher) -> Fetcher:
    return replace(fetcher, tools=replace(fetcher.tools, storage=BrokenStorage(fetcher.tools.storage.local_path(""))))


@pytest.mark.parametrize(
    ("scripts", "change"),
    [
        ((give(FILE, up_to=HALF), redirect("/b?token=hunter2"), give(FILE)), None),
        ((answer(503),), None),
        ((answer(404),), None),
        ((redirect("http://10.0.0.1/?token=hunter2"),), None),
        ((redirect("http://[::1/?token=hunter2"),), None),
        ((lambda exchange: exchange.say(b"token=hunter2\r\n\r\n"),), None),
        ((give(FILE),), break_the_disk),
    ],
    ids=["cut", "out of order", "refused", "private", "nonsense", "no http", "unforeseen"],
)
def test_the_address_is_never_written_down_but_in_its_row(
    fetcher: Fetcher,
    submit: Submit,
    sessions: Sessions,
    caplog: pytest.LogCaptureFixture,
    scripts: tuple[Script, ...],
    change: Callable[[Fetcher], Fetcher] | None,
) -> None:
    def render(logger: object, name: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
        return structlog.processors.format_exc_info(logger, name, line)

    with originating(*scripts) as origin, structlog.testing.capture_logs([render]) as lines:
        job_id = submit(f"{origin.url}?token=hunter2")
        fetch_due(change(fetcher) if change else fetcher)

    assert lines
    assert "hunter2" not in f"{lines} {caplog.text} {job_now(sessions, job_id)}"
    assert origin.url not in f"{lines} {caplog.text} {job_now(sessions, job_id)}"
