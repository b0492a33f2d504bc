"""Files on their way to a client: whole, or the range that a player asks for."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, BinaryIO
from urllib.parse import quote

from fastapi import Header, Request
from fastapi.responses import Response, StreamingResponse

from api.errors import PROBLEM_JSON, problem, status_of
from shared.domain.errors import NoSuchRange

CHUNK_BYTES = 256 * 1024
ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
SAFE_NAME = re.compile(r"[^\x20-\x7e]|[\"\\%/:*?<>|]")
FENCED = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-cache",
    "Accept-Ranges": "bytes",
}
"""What came from outside is shown by a browser, if at all, as in a page of nobody's."""

WantedRange = Annotated[
    str | None, Header(alias="Range", description="`bytes=0-1023`: only that part, as players ask; one range")
]
KnownTag = Annotated[
    str | None, Header(alias="If-None-Match", description="the `ETag` of an answer before: 304 when nothing changed")
]
"""Declare the headers; what they say is read by `Download.answer`."""

BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
HEADERS: dict[str, Any] = {
    "ETag": {"schema": {"type": "string"}, "description": "changes with the content"},
    "Accept-Ranges": {"schema": {"type": "string"}, "description": "`bytes`"},
    "Content-Disposition": {"schema": {"type": "string"}, "description": "a name to save it under"},
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Download:
    """An open file with what is said about it."""

    file: BinaryIO
    media_type: str
    name: str
    etag: str
    inline: bool = False
    """Whether a browser may show it rather than save it."""

    def answer(self, request: Request) -> Response:
        """200 with all, 206 with a part, 304 when the client has it, 416 past the end.

        A Range that cannot be read, and one of several parts, is answered with all, as HTTP permits.
        """
        size = os.fstat(self.file.fileno()).st_size
        headers = {**FENCED, "ETag": self.etag, "Content-Disposition": _disposition(self.name, inline=self.inline)}
        if _is_known(request.headers.get("if-none-match"), self.etag):
            self.file.close()
            return Response(status_code=304, headers=headers)
        wanted = _wanted(request, self.etag, size)
        if wanted is None:
            return self._send(request, range(size), 200, headers)
        if not wanted:
            self.file.close()
            return _past_the_end(request, size)
        headers["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{size}"
        return self._send(request, wanted, 206, headers)

    def _send(self, request: Request, part: range, status: int, headers: dict[str, str]) -> Response:
        headers["Content-Length"] = str(len(part))
        if request.method == "HEAD":
            self.file.close()
            return Response(status_code=status, headers=headers, media_type=self.media_type)
        return StreamingResponse(_pieces(self.file, part), status, headers, self.media_type)


def documented(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """The answers of an operation that gives out a file."""
    content = dict.fromkeys(media_types, BINARY)
    past_the_end = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        200: {"description": "The file.", "content": content, "headers": HEADERS},
        206: {"description": "The part that `Range` asks for.", "content": content, "headers": HEADERS},
        304: {"description": "The client has it: `If-None-Match` names its `ETag`."},
        416: {"description": "The file ends before the range that was asked for.", "content": past_the_end},
    }


def _pieces(file: BinaryIO, part: range) -> Iterator[bytes]:
    with file:
        file.seek(part.start)
        left = len(part)
        while left and (piece := file.read(min(CHUNK_BYTES, left))):
            left -= len(piece)
            yield piece


def _wanted(request: Request, etag: str, size: int) -> range | None:
    """The bytes that are asked for, none of them past the end; None for all."""
    condition = request.headers.get("if-range")
    found = ONE_RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if found is None or (condition is not None and condition != etag):
        return None
    first, last = found.groups()
    if not first:
        return range(max(0, size - int(last)), size) if last else None
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last) + 1, size) if last else size)


def _past_the_end(request: Request, size: int) -> Response:
    detail = f"the file has {size} bytes"
    headers = {"Content-Range": f"bytes */{size}"}
    return problem(request, status_of(NoSuchRange), NoSuchRange.code, NoSuchRange.title, detail, headers=headers)


def _is_known(condition: str | None, etag: str) -> bool:
    if condition is None:
        return False
    return "*" in condition or etag in [part.strip().removeprefix("W/") for part in condition.split(",")]


def _disposition(name: str, *, inline: bool) -> str:
    """The name twice: as every client reads it, and as it is (RFC 6266, appendix D)."""
    plain = SAFE_NAME.sub("_", name)
    how = "inline" if inline else "attachment"
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
