"""What processes stand on: real Postgres and Valkey, each behind a proxy that can fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import create_engine, make_url, text

from cli.run import own_key
from cli.stack.home import Home
from cli.stack.orphans import end_orphans, record
from cli.stack.postgres import SOCKET, Postgres
from cli.stack.valkey import Valkey
from shared.db.migrate import migrate
from tests.chaos.proxy import HOST, Proxy

NO_POWER_CUTS = {"fsync": "off"}
"""The only fault that nothing here makes; what is committed must outlive the server's own death."""


class Ground:
    """Owns a home, from `with` to the end of the block. Use it from the main thread.

    Args:
        postgres_settings: Differences from an embedded server's.
    """

    def __init__(self, folder: Path, postgres_settings: Mapping[str, str] | None = None) -> None:
        self.home = Home(folder)
        self._settings = postgres_settings
        self._held = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as held:
            held.enter_context(self.home.locked())
            end_orphans(self.home)
            self._start(held)
            self._held = held.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.__exit__(kind, error, trace)

    def _start(self, held: ExitStack) -> None:
        held.callback(self.home.forget)
        self._postgres, self._valkey = Postgres(self.home, self._settings), Valkey(self.home)
        for server in (self._valkey, self._postgres):
            held.callback(server.child.stop)
            server.start()
        self._valkey.wait()
        self._postgres.wait()
        record(self.home, [self._postgres.child, self._valkey.child])
        self.database_url = self._postgres.url()
        self.database = held.enter_context(self.another_way_to_the_database())
        self.broker = held.enter_context(Proxy(Path(self._valkey.url().removeprefix("redis+socket://"))))
        migrate(self.database_url)
        self.key = own_key(self.home.path, self.database_url)

    @property
    def storage(self) -> Path:
        return self.home.storage

    def another_way_to_the_database(self) -> Proxy:
        """A link that fails for one process alone."""
        folder = make_url(self.database_url).query["host"]
        assert isinstance(folder, str)
        return Proxy(Path(folder) / SOCKET)

    def through(self, proxy: Proxy) -> str:
        """The URL of the database by that link."""
        url = make_url(self.database_url).set(host=HOST, port=proxy.port, query={})
        return url.render_as_string(hide_password=False)

    def environment(self) -> dict[str, str]:
        """What makes a process stand on this ground."""
        return {
            "MIEN_DATABASE_URL": self.through(self.database),
            "MIEN_BROKER_URL": f"redis://{HOST}:{self.broker.port}/0",
            "MIEN_STORAGE_DIR": str(self.storage),
        }

    def heal(self) -> None:
        for proxy in (self.database, self.broker):
            proxy.open()

    def stop_postgres(self) -> None:
        """As `systemctl stop` does: roll back and end."""
        self._postgres.child.stop()

    def kill_postgres(self) -> None:
        """End it at once; the next start recovers."""
        self._postgres.child.stop(grace_s=0)

    def start_postgres(self) -> None:
        self._postgres.start()
        self._postgres.wait()
        record(self.home, [self._postgres.child, self._valkey.child])

    def flush_broker(self) -> None:
        from redis import Redis

        with Redis(unix_socket_path=self._valkey.url().removeprefix("redis+socket://")) as broker:
            broker.flushall()

    def sql(self, statement: str, **values: Any) -> Sequence[Any]:
        """Run a statement past all faults; its rows, if it gives any."""
        engine = create_engine(self.database_url)
        try:
            with engine.begin() as connection:
                done = connection.execute(text(statement), values)
                return done.all() if done.returns_rows else []
        finally:
            engine.dispose()

    def end_connections(self) -> int:
        """Terminate every connection of our processes. Returns how many there were."""
        ended = self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mien'")
        return len(ended)
