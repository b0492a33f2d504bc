"""Webhooks: endpoints and deliveries as the server tells them, and what a receiver checks."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mien.errors import SignatureInvalid
from mien.wire import Json

PREFIX = "whsec_"
MIN_KEY_BYTES = 24  # the specification's lower bound; an empty key would let anybody sign
TOLERANCE_S = 300.0  # what the Standard Webhooks libraries allow


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """An address that is told of what happens."""

    id: str
    url: str
    state: str
    created_at: datetime
    event_types: tuple[str, ...] = ()
    description: str | None = None
    disabled_reason: str | None = None
    failing_since: datetime | None = None
    secret: str | None = None
    """Only when it was just made or rotated; the server shows it once."""
    raw: Json = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    number: int
    at: datetime
    status: int | None = None
    error: str | None = None
    """Why there was no answer, such as `timeout` or `refused_address`."""
    latency_s: float = 0.0
    answer: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """An event on its way to one address."""

    id: str
    event_id: str
    event_type: str
    state: str
    created_at: datetime
    job_id: str | None = None
    endpoint_id: str | None = None
    attempts: tuple[Attempt, ...] = ()
    next_attempt_at: datetime | None = None
    finished_at: datetime | None = None
    raw: Json = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookEvent:
    """A webhook that was verified."""

    id: str
    """The same for every attempt: remember it, and do nothing twice."""
    type: str
    timestamp: datetime
    data: Mapping[str, Any]


def verify_webhook(
    secret: str | Sequence[str],
    headers: Mapping[str, str],
    body: bytes | str,
    *,
    tolerance_s: float = TOLERANCE_S,
    now_s: float | None = None,
) -> WebhookEvent:
    """The event in a request that a webhook brought, if it is genuine.

    Args:
        secret: `whsec_…`; several while you change over from one to another.
        headers: Of the request, in any case of letters.
        body: The bytes as they came; what was parsed and written again does not verify.
        tolerance_s: How far the time of the request may be from now.
        now_s: Seconds since 1970, for tests; by default the clock's.

    Raises:
        SignatureInvalid: Answer with 400 and do nothing else.
    """
    given = {name.lower(): value for name, value in headers.items()}
    message_id, timestamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    content = body.encode() if isinstance(body, str) else bytes(body)
    _check_time(timestamp, time.time() if now_s is None else now_s, tolerance_s)
    secrets = [secret] if isinstance(secret, str) else secret
    expected = [_signature(each, f"{message_id}.{timestamp}.".encode() + content) for each in secrets]
    if not message_id or not _any_fits(given.get("webhook-signature", ""), expected):
        raise SignatureInvalid("no signature fits the secret")
    return _event(message_id, content)


def _check_time(timestamp: str, now_s: float, tolerance_s: float) -> None:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16):
        raise SignatureInvalid("the header webhook-timestamp is missing or no time")
    if abs(now_s - int(timestamp)) > tolerance_s:
        raise SignatureInvalid("the time of the webhook is too far from now; is this clock right?")


def _signature(secret: str, signed: bytes) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if len(key) < MIN_KEY_BYTES:
        raise ValueError("the secret is not what Mien gave out: whsec_ and base64")
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())


def _any_fits(header: str, expected: Sequence[bytes]) -> bool:
    """All are compared, each in constant time, so that the time tells nothing."""
    given = [text.removeprefix("v1,").encode() for text in header.split() if text.startswith("v1,")]
    fits = [hmac.compare_digest(each, right) for each in given for right in expected]
    return any(fits)


def _event(message_id: str, content: bytes) -> WebhookEvent:
    try:
        body = json.loads(content)
        timestamp = datetime.fromisoformat(body["timestamp"])
        return WebhookEvent(id=message_id, type=body["type"], timestamp=timestamp, data=body["data"])
    except (ValueError, KeyError, TypeError) as error:
        raise SignatureInvalid("what was signed is no event") from error
