from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from mien import SignatureInvalid, verify_webhook
from shared.domain.delivery import Signing
from shared.webhooks.signing import new_secret, signed_headers

NOW = datetime(2026, 11, 22, 9, 5, tzinfo=UTC)
NOW_S = NOW.timestamp()
BODY = json.dumps({"type": "job.succeeded", "timestamp": NOW.isoformat(), "data": {"job_id": "job_1"}}).encode()
OLD, NEW = new_secret(), new_secret()


def headers(secret: str, previous: str | None = None) -> dict[str, str]:
    return signed_headers("evt_1", NOW, BODY, Signing(secret=secret, previous=previous))


def test_what_mien_signs_verifies() -> None:
    event = verify_webhook(NEW, headers(NEW), BODY, now_s=NOW_S)
    assert (event.id, event.type, event.timestamp, event.data) == ("evt_1", "job.succeeded", NOW, {"job_id": "job_1"})
    assert verify_webhook(NEW, headers(NEW), BODY.decode(), now_s=NOW_S) == event


def test_what_another_library_signs_verifies() -> None:
    signature = Webhook(NEW).sign("evt_1", NOW, BODY.decode())
    given = {"Webhook-Id": "evt_1", "Webhook-Timestamp": str(int(NOW_S)), "WEBHOOK-SIGNATURE": signature}
    assert verify_webhook(NEW, given, BODY, now_s=NOW_S).id == "evt_1"


def test_while_a_secret_is_changed_either_one_verifies_on_both_sides() -> None:
    for known in (OLD, NEW, [OLD, NEW], [new_secret(), OLD]):
        assert verify_webhook(known, headers(NEW, OLD), BODY, now_s=NOW_S).id == "evt_1"
    assert verify_webhook([OLD, NEW], headers(NEW), BODY, now_s=NOW_S).id == "evt_1"


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "evt_2"},
        {"webhook-id": ""},
        {"webhook-timestamp": str(int(NOW_S) + 1)},
        {"webhook-timestamp": "now"},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "9" * 400},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,한국어"},
        {"webhook-signature": headers(NEW)["webhook-signature"].replace("v1,", "v2,")},
    ],
)
def test_headers_that_were_changed_are_refused(change: dict[str, str]) -> None:
    with pytest.raises(SignatureInvalid):
        verify_webhook(NEW, {**headers(NEW), **change}, BODY, now_s=NOW_S)


def test_a_body_that_was_changed_or_an_unknown_secret_is_refused() -> None:
    with pytest.raises(SignatureInvalid):
        verify_webhook(NEW, headers(NEW), BODY + b" ", now_s=NOW_S)
    with pytest.raises(SignatureInvalid):
        verify_webhook(OLD, headers(NEW), BODY, now_s=NOW_S)
    with pytest.raises(SignatureInvalid):
        verify_webhook([], headers(NEW), BODY, now_s=NOW_S)


@pytest.mark.parametrize("off_s", [-301, 301])
def test_a_time_too_far_from_now_is_refused_unless_more_is_tolerated(off_s: int) -> None:
    with pytest.raises(SignatureInvalid, match="clock"):
        verify_webhook(NEW, headers(NEW), BODY, now_s=NOW_S + off_s)
    assert verify_webhook(NEW, headers(NEW), BODY, now_s=NOW_S + off_s, tolerance_s=600).id == "evt_1"


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not base64", "whsec_" + base64.b64encode(b"short").decode()])
def test_a_secret_that_would_let_anybody_sign_is_no_secret(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        verify_webhook(secret, headers(NEW), BODY, now_s=NOW_S)


def test_what_is_signed_and_no_event_is_refused() -> None:
    signed = signed_headers("evt_1", NOW, b"[]", Signing(secret=NEW))
    with pytest.raises(SignatureInvalid, match="no event"):
        verify_webhook(NEW, signed, b"[]", now_s=NOW_S)
