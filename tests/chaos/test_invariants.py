"""A check that cannot fail is none: each violation is planted, and must be found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from shared.db.engine import Sessions, create_db_engine, create_sessions
from shared.domain.ids import to_wire
from shared.storage.local import LocalStorage
from tests.chaos.by_hand import drain, submit
from tests.chaos.invariants import check
from tests.chaos.journal import Journal, Seen, Try
from tests.chaos.sabotage import SABOTAGE
from tests.factories import SHA256


@dataclass
class World:
    """One job that succeeded, with its recording, its result and its picture, as its client knows it."""

    url: str
    storage: Path
    journal: Journal
    job_id: str = ""

    @property
    def hex(self) -> str:
        return self.job_id.removeprefix("job_")

    def run(self, *statements: str) -> None:
        engine = create_engine(self.url)
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()

    def violations(self, *webhook_ids: str) -> set[str]:
        found = check(self.url, self.storage, self.journal, webhook_ids=webhook_ids)
        return {violation.invariant for violation in found}

    @property
    def recording(self) -> Path:
        return next(self.storage.glob("videos/*/original"))

    @property
    def picture(self) -> Path:
        return next(self.storage.glob("jobs/*/moments/0.jpg"))


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> World:
    world = World(database_url, tmp_path / "storage", Journal(tmp_path / "journal"))
    engine = create_db_engine(database_url)
    _finish_a_job(world, create_sessions(engine))
    engine.dispose()
    world.journal.write(Try(key="key-1", sha256=SHA256, job_id=world.job_id, status=202))
    world.journal.write(Seen(job_id=world.job_id, state="succeeded"))
    return world


def _finish_a_job(world: World, sessions: Sessions) -> None:
    job_id = submit(sessions)
    drain(sessions)
    with sessions.begin() as session:
        key = session.scalars(text("SELECT storage_key FROM video")).one()
        session.execute(text("UPDATE job SET reference = 'key-1'"))
    storage = LocalStorage(world.storage)
    storage.put(key, b"x" * 1000)
    storage.put(f"jobs/{job_id.hex}/moments/0.jpg", b"\xff\xd8")
    world.job_id = to_wire("job", job_id)


def test_nothing_is_wrong_with_a_job_that_went_well(world: World) -> None:
    assert check(world.url, world.storage, world.journal) == []


@pytest.mark.parametrize(("invariant", "statements"), SABOTAGE.values(), ids=list(SABOTAGE))
def test_it_is_found_that(world: World, invariant: str, statements: tuple[str, ...]) -> None:
    world.run(*statements)
    assert invariant in world.violations()


MISPLACED: dict[str, Callable[[World], Any]] = {
    "a recording is missing": lambda world: world.recording.unlink(),
    "a recording was cut short": lambda world: world.recording.write_bytes(b"x"),
    "a recording is of nobody": lambda world: (world.storage / "videos" / "stray").write_bytes(b"x"),
    "an upload was left half": lambda world: world.recording.with_name("original.part").write_bytes(b"x"),
    "a picture is missing": lambda world: world.picture.unlink(),
    "a picture is of nobody": lambda world: world.picture.with_name("1.jpg").write_bytes(b"x"),
    "a picture was left half": lambda world: world.picture.with_name("0.jpg.part").write_bytes(b"x"),
}


@pytest.mark.parametrize("misplace", MISPLACED.values(), ids=list(MISPLACED))
def test_among_the_files_it_is_found_that(world: World, misplace: Callable[[World], Any]) -> None:
    misplace(world)
    assert world.violations() == {"I7"}


def test_it_is_found_when_one_job_answers_for_two_submissions(world: World) -> None:
    world.journal.write(Try(key="key-2", sha256=SHA256, job_id=world.job_id, status=202))
    assert world.violations() == {"I9"}


def test_it_is_found_when_a_client_was_told_of_a_job_that_is_not_there(world: World) -> None:
    world.journal.write(Try(key="key-2", sha256=SHA256, job_id=f"job_{0:032x}", status=202))
    assert world.violations() == {"I1"}


def test_it_is_found_when_a_client_saw_another_end(world: World) -> None:
    world.journal.write(Seen(job_id=world.job_id, state="canceled"))
    assert world.violations() == {"I2"}


def test_it_is_found_when_a_receiver_was_told_of_no_event(world: World) -> None:
    assert world.violations(f"evt_{0:032x}") == {"I5"}


def test_a_submission_without_an_answer_need_not_have_a_job(world: World) -> None:
    world.journal.write(Try(key="key-2", sha256=SHA256))
    assert world.violations() == set()
