"""Takes a recording off the wire: each byte is written once, hashed on the way, and memory stays flat."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import unquote

from fastapi import Request
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool

from api.context import Context
from shared.crash import crash_point
from shared.db.engine import transaction
from shared.db.ids import new_id
from shared.db.quotas import charge_bytes
from shared.domain.clock import utc_now
from shared.domain.errors import BodyTooLarge, EmptyFile, InvalidRequest
from shared.domain.ids import VideoId, WorkspaceId
from shared.domain.video import Video
from shared.storage.port import Incoming, video_key

WRITE_BYTES = 1 << 20  # handed to a thread at once; smaller pieces cost more in switching than in copying
MAX_FIELDS = 32
MAX_FIELD_BYTES = 64 * 1024
MAX_NAME_CHARS = 255
FORM_OVERHEAD_BYTES = 1 << 20  # what boundaries, headers and fields may add to a declared length


@dataclass(slots=True)
class Received:
    """A stored file that no row knows yet, and the form fields that came with it."""

    video: Video
    fields: dict[str, str]


async def receive_recording(request: Request, context: Context, workspace_id: WorkspaceId) -> Received:
    """Store the body, raw or multipart.

    Raises:
        BodyTooLarge: Early when the length is declared, else in the middle.
        EmptyFile: There is a file and it is empty.
        InvalidRequest: The form is malformed or has no part `file`.
        StorageFull: Nothing is left behind.
        QuotaExceeded: Before a byte is sent for nothing; looked at again when the recording is kept.
    """
    limit_bytes = context.settings.max_upload_bytes
    declared_bytes = int(request.headers.get("content-length") or 0)
    if declared_bytes > limit_bytes + FORM_OVERHEAD_BYTES:
        raise BodyTooLarge(f"at most {limit_bytes} bytes are accepted")
    await run_in_threadpool(_check_room, context, workspace_id, declared_bytes - FORM_OVERHEAD_BYTES)
    video_id = VideoId(new_id())
    incoming = await run_in_threadpool(context.storage.receive, video_key(video_id))
    sink = _Sink(incoming, limit_bytes)
    try:
        name, fields = await _read_body(request, sink)
        return Received(await _store(context, workspace_id, video_id, name, sink), fields)
    except BaseException:  # also when the client goes away or the server stops: nothing stays behind
        await run_in_threadpool(incoming.abort)
        raise


def _check_room(context: Context, workspace_id: WorkspaceId, least_bytes: int) -> None:
    with transaction(context.sessions) as session:
        charge_bytes(session, workspace_id, max(0, least_bytes))


async def discard(context: Context, received: Received) -> None:
    """Remove a stored file that no row will ever know."""
    await run_in_threadpool(context.storage.delete, received.video.storage_key)


async def _read_body(request: Request, sink: _Sink) -> tuple[str, dict[str, str]]:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data":
        async for chunk in request.stream():
            await sink.write(chunk)
        return plain_name(request.query_params.get("name", "")), {}
    form = _Form(options.get(b"boundary", b""))
    async for chunk in request.stream():
        for piece in form.feed(chunk):
            await sink.write(piece)
    return form.finish()


async def _store(context: Context, workspace_id: WorkspaceId, video_id: VideoId, name: str, sink: _Sink) -> Video:
    await sink.flush()
    if sink.size_bytes == 0:
        raise EmptyFile("the file holds no bytes; send the recording again")
    stored = await run_in_threadpool(sink.incoming.finish)
    crash_point("upload_stored")
    now = utc_now()
    return Video(
        id=video_id,
        workspace_id=workspace_id,
        storage_key=video_key(video_id),
        size_bytes=stored.size_bytes,
        sha256=stored.sha256,
        modified_ns=stored.modified_ns,
        original_name=name,
        state="stored",
        created_at=now,
        expires_at=now + timedelta(days=context.settings.video_retention_days),
    )


class _Sink:
    """Gathers small chunks and writes them in a thread."""

    def __init__(self, incoming: Incoming, limit_bytes: int) -> None:
        self.incoming = incoming
        self.size_bytes = 0
        self._limit_bytes = limit_bytes
        self._gathered = bytearray()

    async def write(self, chunk: bytes) -> None:
        self.size_bytes += len(chunk)
        if self.size_bytes > self._limit_bytes:
            raise BodyTooLarge(f"at most {self._limit_bytes} bytes are accepted")
        self._gathered += chunk
        if len(self._gathered) >= WRITE_BYTES:
            await self.flush()

    async def flush(self) -> None:
        if self._gathered:
            chunk, self._gathered = bytes(self._gathered), bytearray()
            await run_in_threadpool(self.incoming.write, chunk)


@dataclass(slots=True)
class _Part:
    headers: dict[str, str] = field(default_factory=dict)
    name: str = ""
    file_name: str | None = None
    value: bytearray = field(default_factory=bytearray)


class _Form:
    """A multipart form, parsed as it arrives: the part `file` is passed on, the others are small fields."""

    def __init__(self, boundary: bytes) -> None:
        if not boundary:
            raise InvalidRequest("the multipart body declares no boundary")
        self._fields: dict[str, str] = {}
        self._file_name: str | None = None
        self._part = _Part()
        self._header = (bytearray(), bytearray())
        self._pieces: list[bytes] = []
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
                "on_header_end": self._end_header,
                "on_headers_finished": self._open,
                "on_part_data": self._data,
                "on_part_end": self._close,
                "on_end": self._end,
            },
        )

    def feed(self, chunk: bytes) -> list[bytes]:
        """What of the chunk belongs to the file. Raises InvalidRequest."""
        self._pieces = []
        try:
            self._parser.write(chunk)
        except MultipartParseError as error:
            raise InvalidRequest(f"the multipart body is malformed: {error}") from error
        return self._pieces

    def finish(self) -> tuple[str, dict[str, str]]:
        """The file's name and the fields. Raises InvalidRequest when the form is cut short or has no file."""
        if not self._ended:
            raise InvalidRequest("the multipart body ends before its closing boundary; send it again")
        if self._file_name is None:
            raise InvalidRequest("the form has no part 'file' with a recording in it", field="file")
        return plain_name(self._file_name), self._fields

    def _begin(self) -> None:
        self._part = _Part()

    def _end_header(self) -> None:
        name, value = (bytes(part).decode("latin-1") for part in self._header)  # as HTTP does: no byte is lost
        self._part.headers[name.lower()] = value
        self._header = (bytearray(), bytearray())

    def _open(self) -> None:
        _, options = parse_options_header(self._part.headers.get("content-disposition", ""))
        self._part.name = options.get(b"name", b"").decode("utf-8", "replace")
        if self._part.name == "file":
            if self._file_name is not None:
                raise InvalidRequest("the form has more than one part 'file'; send one recording", field="file")
            self._file_name = options.get(b"filename", b"").decode("utf-8", "replace")
        elif len(self._fields) >= MAX_FIELDS:
            raise InvalidRequest(f"the form has more than {MAX_FIELDS} fields")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._part.name == "file":
            self._pieces.append(data[start:end])
            return
        self._part.value += data[start:end]
        if len(self._part.value) > MAX_FIELD_BYTES:
            raise InvalidRequest(f"the field is longer than {MAX_FIELD_BYTES} bytes", field=self._part.name[:80])

    def _close(self) -> None:
        if self._part.name != "file":
            self._fields[self._part.name] = self._part.value.decode("utf-8", "replace")

    def _end(self) -> None:
        self._ended = True


def plain_name(name: str) -> str:
    """The client's file name as data: never a path, no control characters, of bounded length."""
    last = unquote(name).replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(char for char in last if char.isprintable())[:MAX_NAME_CHARS]
