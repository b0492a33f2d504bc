"""A whole deployment under the hands of a test: ground, processes, a client, and the judge."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from shared.db.ids import new_id
from tests.chaos.client import Client
from tests.chaos.fleet import QUICK, Fleet, Member
from tests.chaos.found import OVER
from tests.chaos.ground import NO_POWER_CUTS, Ground
from tests.chaos.invariants import check
from tests.chaos.journal import Journal
from tests.chaos.waiting import until

SECRET = "whsec_" + "A" * 44
LONG_AGO_S = 7200.0  # past the age at which the sweep takes a file for an orphan


class Site:
    """An API and a sweep stand; workers come and go with the tests."""

    def __init__(self, folder: Path, variables: Mapping[str, str] = QUICK) -> None:
        self.ground = Ground(folder / "home", NO_POWER_CUTS)
        self._variables = variables
        self.journal = Journal(folder / "journal")

    def __enter__(self) -> Self:
        self.ground.__enter__()
        self.fleet = Fleet(self.ground, self._variables)
        self.client = Client(self.fleet.url, self.ground.key, self.journal)
        self.standing = [self.fleet.sweep(), self.fleet.api()]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()
        self.fleet.stop()
        self.ground.__exit__(kind, error, trace)

    def clear(self) -> None:
        """What a test started ends; what stands and has fallen stands again."""
        self.ground.heal()
        self.fleet.stop(but=[member for member in self.standing if member.alive])
        self.standing = [self._again(member) for member in self.standing]

    def _again(self, member: Member) -> Member:
        if member.alive:
            return member
        return self.fleet.api() if member.name.startswith("api") else self.fleet.sweep()

    @property
    def api(self) -> Member:
        return self.standing[1]

    def restart_api(self, **variables: str) -> None:
        """Another API in the place of the one that stands, with other settings until the test ends."""
        self.api.stop()
        self.fleet.members.remove(self.api)
        self.standing[1] = self.fleet.api(**variables)

    def step(self, job_id: str, kind: str, index: int = 0) -> Any:
        """The row of a step, or None while there is none."""
        query = "SELECT * FROM step WHERE job_id = :job AND kind = :kind AND index = :index"
        found = self.ground.sql(query, job=uuid_of(job_id), kind=kind, index=index)
        return found[0] if found else None

    def tell(self, url: str) -> None:
        """Register an endpoint for everything, past the API, whose keys here may not."""
        self.ground.sql(
            "INSERT INTO webhook_endpoint (id, workspace_id, url, event_types, secret, state) "
            "SELECT uuidv7(), id, :url, '{}', :secret, 'active' FROM workspace",
            url=url,
            secret=SECRET,
        )

    def until_leased(self, job_id: str, kind: str = "plan") -> Any:
        """Wait until somebody bears a step of this kind."""
        query = "SELECT * FROM step WHERE job_id = :job AND kind = :kind AND state = 'leased'"
        found = until(lambda: self.ground.sql(query, job=uuid_of(job_id), kind=kind), f"a {kind} is leased")
        return found[0]

    def assert_sound(self) -> None:
        """Wait for all work to end and for a sweep to have been by, and judge what is left."""
        until(self.is_drained, "all work is done")
        self.let_sweep()
        assert check(self.ground.database_url, self.ground.storage, self.journal) == []

    def is_drained(self) -> bool:
        open_steps = "SELECT 1 FROM step WHERE state IN ('ready', 'leased')"
        open_jobs = f"SELECT 1 FROM job WHERE state NOT IN {OVER}"
        return not self.ground.sql(f"{open_steps} UNION ALL {open_jobs} LIMIT 1")

    def let_sweep(self) -> None:
        """Return when a whole round of the sweep has passed, to which every file of nobody looked old."""
        for _ in range(2):  # the first round may have begun before
            self._make_old()
            until(partial(_is_gone, self._orphan()), "the sweep removes an orphan")

    def _make_old(self) -> None:
        kept = {row.storage_key for row in self.ground.sql("SELECT storage_key FROM video WHERE state <> 'deleted'")}
        for folder, _, names in os.walk(self.ground.storage / "videos"):  # passes over what a sweep removes meanwhile
            for path in (Path(folder, name) for name in names):
                if path.relative_to(self.ground.storage).as_posix() not in kept:
                    with suppress(FileNotFoundError):
                        age(path)

    def _orphan(self) -> Path:
        path = self.ground.storage / "videos" / new_id().hex / "original"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"of nobody")
        age(path)
        return path


def _is_gone(path: Path) -> bool:
    return not path.exists()


def age(path: Path) -> None:
    """Have a file look as if it had lain there for long."""
    then = path.stat().st_mtime - LONG_AGO_S
    os.utime(path, (then, then))


def uuid_of(job_id: str) -> UUID:
    return UUID(hex=job_id.removeprefix("job_"))
