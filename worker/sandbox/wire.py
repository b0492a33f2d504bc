"""Messages between a worker and its analysers: a JSON header, then the binary parts it announces.

JSON rather than pickles: what a decoder fed with hostile media may send back must
stay data.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    header: dict[str, Any]
    parts: tuple[bytes, ...] = ()


class Nonsense(Exception):
    """What came is no message."""


def send(connection: Connection[Any, Any], header: dict[str, Any], parts: Sequence[bytes] = ()) -> None:
    connection.send_bytes(json.dumps({**header, "parts": len(parts)}).encode())
    for part in parts:
        connection.send_bytes(part)


def receive(connection: Connection[Any, Any]) -> Message:
    """Blocks for the next message. Raises EOFError when the other side is gone, Nonsense for what is no message."""
    try:
        header = json.loads(connection.recv_bytes())
        parts = header.pop("parts")
        return Message(header, tuple(connection.recv_bytes() for _ in range(parts)))
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise Nonsense from error
