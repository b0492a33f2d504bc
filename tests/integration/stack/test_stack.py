"""The embedded stack: real processes in temporary homes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import create_engine, text

from cli.console import Failure
from cli.stack.home import Home, HomeBusy, private_directory
from cli.stack.stack import EmbeddedStack, free_port

ROOT = Path(__file__).resolve().parents[3]
KEEPER = """
import sys, time
from pathlib import Path
from cli.stack.stack import EmbeddedStack
with EmbeddedStack(Path(sys.argv[1])) as stack:
    stack.start_services()
    print(*stack.pids.values(), flush=True)
    time.sleep(600)
"""


def run(database_url: str, *statements: str) -> list[tuple[object, ...]]:
    engine = create_engine(database_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        results = [connection.execute(text(statement)) for statement in statements]
        rows = [tuple(row) for row in results[-1]] if results[-1].returns_rows else []
    engine.dispose()
    return rows


def until(true: Callable[[], bool], limit_s: float = 15.0) -> None:
    deadline = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


def gone(pids: list[int]) -> bool:
    return not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in pids)


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Callable[[], tuple[subprocess.Popen[str], list[int]]]]:
    """Starts another process that runs a stack in tmp_path/home; gives it and its children's numbers."""
    started: list[subprocess.Popen[str]] = []

    def start() -> tuple[subprocess.Popen[str], list[int]]:
        command = [sys.executable, "-c", KEEPER, str(tmp_path / "home")]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        started.append(process)
        assert process.stdout is not None
        return process, [int(pid) for pid in process.stdout.readline().split()]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_data_written_before_a_stop_is_there_after_a_start(tmp_path: Path) -> None:
    with EmbeddedStack(tmp_path / "home") as stack:
        run(stack.start_services().database_url, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7)")
    with EmbeddedStack(tmp_path / "home") as stack:
        assert run(stack.start_services().database_url, "SELECT n FROM kept") == [(7,)]


def test_a_home_whose_path_is_long_and_has_spaces_and_commas_works(tmp_path: Path) -> None:
    home = tmp_path / "a path, with spaces" / ("long " * 30)
    with EmbeddedStack(home) as stack:
        assert run(stack.start_services().database_url, "SELECT 1") == [(1,)]
        assert (home / "postgres" / "PG_VERSION").exists() or stack.home.postgres.parent == home


def test_two_stacks_run_side_by_side_with_data_of_their_own(tmp_path: Path) -> None:
    with EmbeddedStack(tmp_path / "one") as one, EmbeddedStack(tmp_path / "two") as two:
        first, second = one.start_services(), two.start_services()
        run(first.database_url, "CREATE TABLE mine (n int)")
        assert run(second.database_url, "SELECT to_regclass('mine')") == [(None,)]
        assert first.broker_url != second.broker_url


def test_a_second_start_in_the_same_home_names_the_process_that_has_it(tmp_path: Path) -> None:
    first, second = EmbeddedStack(tmp_path / "home"), EmbeddedStack(tmp_path / "home")
    with first, pytest.raises(HomeBusy) as refused, second:
        pass
    assert refused.value.pid == str(os.getpid())


def test_nothing_listens_on_a_network_port(tmp_path: Path) -> None:
    with EmbeddedStack(tmp_path / "home") as stack:
        stack.start_services()
        ours = [process for pid in stack.pids.values() for process in family(pid)]
        assert [c for process in ours for c in process.net_connections("inet")] == []


def family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def test_no_one_else_may_look_into_the_home_or_reach_the_sockets(tmp_path: Path) -> None:
    with EmbeddedStack(tmp_path / "home") as stack:
        stack.start_services()
        private = [stack.home.path, stack.home.socket_directory("pg"), stack.home.socket_directory("valkey")]
        assert [oct(path.stat().st_mode & 0o077) for path in private] == ["0o0"] * 3


def test_children_end_when_their_parent_is_killed(
    keeper: Callable[[], tuple[subprocess.Popen[str], list[int]]],
) -> None:
    parent, children = keeper()
    parent.kill()
    until(lambda: gone(children))


def test_a_start_right_after_a_kill_finds_the_committed_data(
    tmp_path: Path, keeper: Callable[[], tuple[subprocess.Popen[str], list[int]]]
) -> None:
    parent, _ = keeper()
    home = Home(tmp_path / "home")
    url = f"postgresql+psycopg2://mien@/mien?host={home.socket_directory('pg')}"
    run(url, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7)")
    parent.kill()
    parent.wait()
    with EmbeddedStack(tmp_path / "home") as stack:
        assert run(stack.start_services().database_url, "SELECT n FROM kept") == [(7,)]


def test_a_start_after_parent_and_postgres_were_killed_recovers(
    tmp_path: Path, keeper: Callable[[], tuple[subprocess.Popen[str], list[int]]]
) -> None:
    parent, children = keeper()
    for pid in children:
        os.kill(pid, signal.SIGKILL)
    parent.kill()
    parent.wait()
    with EmbeddedStack(tmp_path / "home") as stack:
        assert run(stack.start_services().database_url, "SELECT 1") == [(1,)]


def test_children_that_outlived_their_parent_are_ended_at_the_next_start(
    tmp_path: Path, keeper: Callable[[], tuple[subprocess.Popen[str], list[int]]]
) -> None:
    parent, children = keeper()
    for pid in children:  # stopped processes do not react to the news of their parent's death
        os.kill(pid, signal.SIGSTOP)
    parent.kill()
    parent.wait()
    for pid in children:
        os.kill(pid, signal.SIGCONT)
    with EmbeddedStack(tmp_path / "home") as stack:
        assert run(stack.start_services().database_url, "SELECT 1") == [(1,)]
        assert gone(children)


def test_a_lock_file_with_a_number_that_now_belongs_to_another_program_is_no_obstacle(tmp_path: Path) -> None:
    with EmbeddedStack(tmp_path / "home") as stack:
        stack.start_services()
    lock = stack.home.postgres / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{stack.home.postgres}\n1\n5432\n\n\n\n")
    with EmbeddedStack(tmp_path / "home") as stack:
        assert run(stack.start_services().database_url, "SELECT 1") == [(1,)]


def test_stale_sockets_are_no_obstacle(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    for kind, name in (("pg", ".s.PGSQL.5432"), ("valkey", "valkey.sock")):
        with socket.socket(socket.AF_UNIX) as stale:
            stale.bind(str(home.socket_directory(kind) / name))
    with EmbeddedStack(tmp_path / "home") as stack:
        assert run(stack.start_services().database_url, "SELECT 1") == [(1,)]


def test_half_made_database_files_are_made_again(tmp_path: Path) -> None:
    (tmp_path / "home" / "postgres.new" / "base").mkdir(parents=True)
    with EmbeddedStack(tmp_path / "home") as stack:
        assert run(stack.start_services().database_url, "SELECT 1") == [(1,)]


@pytest.mark.parametrize("name", ["postgres", "valkey"])
def test_a_service_that_dies_is_started_again_and_noted(tmp_path: Path, name: str) -> None:
    notes: list[str] = []
    with EmbeddedStack(tmp_path / "home", note=notes.append) as stack:
        stack.start_services()
        before = stack.pids[name]
        os.kill(before, signal.SIGKILL)
        until(lambda: stack.pids.get(name, before) != before)
    assert [note.partition(" (")[0] for note in notes[:1]] == [f"{name} ended"]


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Failure, match=f"port {port} is in use"):
            free_port(port)


def test_a_socket_directory_of_someone_else_is_refused(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a directory to someone else")
    (tmp_path / "theirs").mkdir()
    os.chown(tmp_path / "theirs", 65534, 65534)
    with pytest.raises(Failure, match="belongs to someone else"):
        private_directory(tmp_path / "theirs")
