"""What both drivers share: how a request as data becomes one of the HTTP library, and its answers and errors ours."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import httpx2

from mien.errors import MienError, RecordingChanged, Unreachable
from mien.version import __version__
from mien.wire import FilePiece, Reply, Request

CONNECT_S = 10.0
READ_BYTES = 1 << 16
NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)


def settings_of(url: str, key: str, timeout_s: float, *, trust_env: bool) -> dict[str, Any]:
    """Arguments of the HTTP library's client. Raises ValueError for an address that is none."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"'{url}' is no address of a Mien; write it as https://mien.example")
    headers = {"Authorization": f"Bearer {key}", "User-Agent": f"mien-client/{__version__}"}
    timeout = httpx2.Timeout(timeout_s, connect=CONNECT_S)
    return {"base_url": url.rstrip("/"), "headers": headers, "timeout": timeout, "trust_env": trust_env}


class Body:
    """The bytes of a piece, and never one more: the file may grow while it is read."""

    def __init__(self, file: BinaryIO, piece: FilePiece) -> None:
        self._file = file
        self._piece = piece
        self._at = 0

    def read(self, size: int = READ_BYTES) -> bytes:
        """Raises RecordingChanged when the file has become shorter."""
        left = self._piece.size_bytes - self._at
        data = self._file.read(min(size, left) if size >= 0 else left)
        if not data and left:
            raise RecordingChanged(f"{self._piece.path} became shorter while it was sent")
        self._at += len(data)
        return data

    def note(self) -> None:
        """Tell how far into the file was read."""
        if self._piece.sent:
            self._piece.sent(self._piece.offset_bytes + self._at)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = self._piece.size_bytes + offset if whence == io.SEEK_END else offset
        self._file.seek(self._piece.offset_bytes + self._at)
        return self._at

    def tell(self) -> int:
        return self._at


class FormFile(Body):
    """A piece as the HTTP library reads the file of a form."""

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.read, b"")

    def read(self, size: int = READ_BYTES) -> bytes:
        data = super().read(size)
        self.note()
        return data


@contextmanager
def opened(request: Request) -> Iterator[Body | None]:
    """The body that a request takes from a file, at its beginning."""
    if request.file is None:
        yield None
        return
    with request.file.path.open("rb") as file:
        body = Body(file, request.file) if request.form is None else FormFile(file, request.file)
        body.seek(0)
        yield body


def arguments(request: Request, body: Body | None, content: Any) -> dict[str, Any]:
    """Of `build_request`. `content` is the body as the driver reads it, where it is no form."""
    headers = dict(request.headers)
    given: dict[str, Any] = {"method": request.method, "url": request.path, "params": request.params}
    if request.timeout_s is not None:
        given["timeout"] = httpx2.Timeout(request.timeout_s, connect=CONNECT_S)
    if request.form is not None and request.file is not None:
        given |= {"data": dict(request.form), "files": {"file": (request.file.path.name, body)}}
    elif request.file is not None:
        headers["Content-Length"] = str(request.file.size_bytes)
        given["content"] = content
    elif request.json is not None:
        headers["Content-Type"] = "application/json"
        given["content"] = json.dumps(request.json).encode()
    return {**given, "headers": headers}


def reply_of(response: httpx2.Response, body: bytes) -> Reply:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Reply(status=response.status_code, headers=headers, body=body)


@contextmanager
def in_our_words(address: object) -> Iterator[None]:
    """Raises Unreachable for what the HTTP library says when no answer came."""
    try:
        yield
    except httpx2.LocalProtocolError as error:
        raise MienError(f"the request cannot be sent: {error}") from error
    except httpx2.TransportError as error:
        told = str(error) or type(error).__name__
        raise Unreachable(f"{address} does not answer: {told}", sent=not isinstance(error, NOT_SENT)) from error
    except httpx2.DecodingError as error:
        raise Unreachable(f"an answer of {address} came damaged: {error}", sent=True) from error
