"""The link itself, on which the other tests rely."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.chaos.proxy import HOST, Proxy

ANSWER_S = 10.0
SILENCE_S = 0.3  # nothing comes for this long; more would only prove the same


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Proxy]:
    """Before a server that sends back what it gets."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        server.listen()
        threading.Thread(target=_echo, args=(server,), daemon=True).start()
        with Proxy(tmp_path / "s") as proxy:
            yield proxy


def _echo(server: socket.socket) -> None:
    with suppress(OSError):
        while True:
            connection, _ = server.accept()
            threading.Thread(target=_send_back, args=(connection,), daemon=True).start()


def _send_back(connection: socket.socket) -> None:
    with suppress(OSError), connection:
        while data := connection.recv(1024):
            connection.sendall(data)


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection((HOST, proxy.port), ANSWER_S)


def answer(connection: socket.socket, said: bytes) -> bytes:
    connection.sendall(said)
    return connection.recv(1024)


def is_silent(connection: socket.socket) -> bool:
    connection.settimeout(SILENCE_S)
    try:
        connection.recv(1024)
    except TimeoutError:
        return True
    finally:
        connection.settimeout(ANSWER_S)
    return False


def test_an_open_link_carries_both_ways(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        assert answer(connection, b"hello") == b"hello"


def test_a_cut_link_resets_what_stands_and_refuses_what_comes(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        assert answer(connection, b"hello") == b"hello"
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            connection.recv(1024)
        with pytest.raises(ConnectionRefusedError):
            connect(proxy)
    proxy.open()
    with connect(proxy) as connection:
        assert answer(connection, b"again") == b"again"


def test_a_hole_takes_everything_and_such_a_connection_never_comes_back(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        assert answer(connection, b"hello") == b"hello"
        proxy.hole()
        connection.sendall(b"lost")
        assert is_silent(connection)
        proxy.open()
        with pytest.raises(ConnectionResetError):
            connection.recv(1024)


def test_what_is_held_arrives_when_the_link_opens(proxy: Proxy) -> None:
    proxy.hold()
    with connect(proxy) as connection:
        connection.sendall(b"late")
        assert is_silent(connection)
        proxy.open()
        assert connection.recv(1024) == b"late"
