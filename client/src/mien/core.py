"""What every operation starts from: how patient the client is, and how a request becomes an answer or an error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, Protocol, TypeVar
from urllib.parse import quote
from uuid import uuid4

from mien.decode import decode
from mien.errors import FieldError, Gone, NotFound, Problem, UnexpectedAnswer, Unreachable, family_of
from mien.retry import Retry, Streak, may_repeat
from mien.wire import Effect, Flow, Give, Json, Op, Open, Pause, Reply, Request, Send

T = TypeVar("T")
U = TypeVar("U")
Params = tuple[tuple[str, str], ...]
MIB = 1 << 20
PAGE_ITEMS = 100


class HasId(Protocol):
    @property
    def id(self) -> str: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Core:
    """How a client was set up.

    Attributes:
        address: Of the server.
        retry: For calls that answer at once.
        patience_s: How long a server may be away while an upload, a download or a wait goes on; what was
            reached is kept, and the time counts from the last thing that went well.
        resumable_from_bytes: Files of this size or more go by resumable upload.
        piece_bytes: Longest body of one request of a resumable upload; some proxies allow no more.
    """

    address: str
    retry: Retry = field(default_factory=Retry)
    patience_s: float = 300.0
    resumable_from_bytes: int = 16 * MIB
    piece_bytes: int = 64 * MIB

    def streak(self) -> Streak:
        """For what goes on for long."""
        return Streak(replace(self.retry, for_s=self.patience_s))

    def call(self, request: Request, *, streak: Streak | None = None) -> Op[Reply]:
        """Send a request until it is answered. Raises Problem, Unreachable."""
        return (yield from self._until_answered(Send(request), request, streak))

    def open(self, request: Request, *, streak: Streak | None = None) -> Op[Reply]:
        """The same, with the body of a success left to be read."""
        return (yield from self._until_answered(Open(request), request, streak))

    def _until_answered(self, effect: Send | Open, request: Request, streak: Streak | None) -> Op[Reply]:
        streak = streak or Streak(self.retry)
        in_doubt = False  # whether an earlier try may have removed what the next one does not find
        while True:
            try:
                reply: Reply = yield effect
                return accepted(reply)
            except (Unreachable, Problem) as error:
                if in_doubt and isinstance(error, NotFound | Gone):
                    return Reply(status=204, headers={})
                if not may_repeat(error, repeatable=request.repeatable):
                    raise
                pause_s = streak.pause_s(error)
                in_doubt = in_doubt or request.method == "DELETE"
            yield Pause(pause_s)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Page:
    items: Sequence[Json]
    next_cursor: str | None = None


def get(core: Core, kind: type[T], path: str, params: Params = ()) -> Op[T]:
    """One thing by its address."""
    reply = yield from core.call(Request("GET", path, params))
    return decode(kind, reply.json())


def post(core: Core, kind: type[T], path: str, json: Any = None, *, key: str | None = None) -> Op[T]:
    """Have something done or made, once, however often the request has to be sent.

    Args:
        key: By which the server knows it again; made here when none is given.
    """
    headers = {"Idempotency-Key": key or new_key()}
    reply = yield from core.call(Request("POST", path, json=json, headers=headers))
    return decode(kind, reply.json())


def pages(core: Core, kind: type[T], path: str, params: Params = ()) -> Flow[T]:
    """All items of a list, a page at a time as they are asked for."""
    cursor: Params = ()
    while True:
        reply = yield from core.call(Request("GET", path, (*params, ("limit", str(PAGE_ITEMS)), *cursor)))
        page = decode(_Page, reply.json())
        for item in page.items:
            yield Give(decode(kind, item))
        if not page.next_cursor:
            return
        cursor = (("cursor", page.next_cursor),)


def each_of(flow: Flow[T], make: Callable[[T], Iterable[U]]) -> Flow[U]:
    """The items that are made of each item of a flow."""
    go_on: Callable[[], Effect | Give[T]] = partial(flow.send, None)
    while True:
        try:
            asked = go_on()
        except StopIteration:
            return
        if isinstance(asked, Give):
            for item in make(asked.item):
                yield Give(item)
            go_on = partial(flow.send, None)
            continue
        try:
            go_on = partial(flow.send, (yield asked))
        except Exception as error:  # noqa: BLE001, raised in the flow
            go_on = partial(flow.throw, error)


def accepted(reply: Reply) -> Reply:
    """The answer, if it is a success. Raises Problem, or UnexpectedAnswer for what Mien does not say."""
    if reply.is_success:
        return reply
    if reply.status < 400:
        raise UnexpectedAnswer(f"the server answers with {reply.status}, a redirect; is this Mien's address?")
    raise problem_of(reply)


def problem_of(reply: Reply) -> Problem:
    body = _problem_body(reply)
    status_text = f"the server answered with status {reply.status}"
    errors = body.get("errors") or ()
    return family_of(reply.status)(
        str(body.get("code") or f"http_{reply.status}"),
        str(body.get("title") or status_text),
        str(body.get("detail") or status_text),
        reply.status,
        str(body.get("request_id") or reply.headers.get("x-request-id", "")),
        tuple(FieldError(field=str(error.get("field")), message=str(error.get("message"))) for error in errors),
        retry_after_s=_retry_after_s(reply.headers),
    )


def _problem_body(reply: Reply) -> Mapping[str, Any]:
    """Empty for what a proxy answers in Mien's place, or for a HEAD, which has none."""
    try:
        body = reply.json()
    except UnexpectedAnswer:
        return {}
    return body if isinstance(body, dict) else {}


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds or a date, as RFC 9110 has it."""
    text = headers.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def id_of(thing: HasId | str) -> str:
    return thing if isinstance(thing, str) else thing.id


def path_to(*parts: str) -> str:
    """`("jobs", "job_1")` → `/v1/jobs/job_1`, safe for whatever a part holds."""
    return "/v1/" + "/".join(_quoted(part) for part in parts)


def _quoted(part: str) -> str:
    """Dots alone would lead to another place."""
    return quote(part, safe="") if part.strip(".") else part.replace(".", "%2E")


def params_of(values: Iterable[tuple[str, object]]) -> Params:
    """Those that were given."""
    return tuple((name, str(value)) for name, value in values if value is not None)


def new_key() -> str:
    return uuid4().hex
