"""Server-sent events, parsed from bytes as they come (HTML Living Standard, 9.2.6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    id: str
    """Of this message, or of the last one before it that had one."""
    type: str
    data: str


class EventParser:
    """Holds what of a stream is not a whole message yet; comments, which keep the line open, are left out."""

    def __init__(self) -> None:
        self._rest = b""
        self._id = ""
        self._clear()

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that are whole now."""
        known = self._rest + data
        half = b"\r" if known.endswith(b"\r") else b""  # its other half may come with the next bytes
        lines = known.removesuffix(half).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._rest = lines.pop() + half
        for line in lines:
            if line:
                self._take(line.decode("utf-8", "replace"))
            elif self._data:
                yield Message(id=self._id, type=self._type, data="\n".join(self._data))
                self._clear()
            else:
                self._clear()

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._type = value
        elif name == "id" and "\0" not in value:
            self._id = value

    def _clear(self) -> None:
        self._type = "message"
        self._data: list[str] = []
