from __future__ import annotations

from pathlib import Path

import pytest

from cli.stack.home import LOG_LIMIT_BYTES, Home, read_json, write_json


def test_sockets_lie_in_the_home_when_its_path_is_short_and_plain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.stack.home.SOCKET_PATH_LIMIT", 1000)
    assert Home(tmp_path).socket_directory("pg") == tmp_path / "run" / "pg"


@pytest.mark.parametrize("name", ["with space", "with,comma", "long" * 40, "größe", "percent%41"])
def test_sockets_of_other_homes_lie_in_a_short_directory_of_their_own(tmp_path: Path, name: str) -> None:
    one, same, other = Home(tmp_path / name), Home(tmp_path / name), Home(tmp_path / f"{name}2")
    sockets = one.socket_directory("pg")
    assert len(f"{sockets}/.s.PGSQL.5432") < 100
    assert sockets == same.socket_directory("pg")
    assert sockets != other.socket_directory("pg")
    for home in (one, other):
        home.forget()
    assert not sockets.exists()


def test_a_large_log_is_put_aside_once(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.logs.mkdir()
    (home.logs / "api.log").write_bytes(b"x" * (LOG_LIMIT_BYTES + 1))
    assert not home.log("api").exists()
    assert (home.logs / "api.log.1").stat().st_size == LOG_LIMIT_BYTES + 1


@pytest.mark.parametrize("content", ["", "{", "[1]", "null"])
def test_a_damaged_note_reads_as_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "children.json").write_text(content)
    assert read_json(tmp_path / "children.json") == {}


def test_what_is_written_is_private_and_read_back(tmp_path: Path) -> None:
    write_json(tmp_path / "running.json", {"port": 8000})
    assert read_json(tmp_path / "running.json") == {"port": 8000}
    assert (tmp_path / "running.json").stat().st_mode & 0o077 == 0
