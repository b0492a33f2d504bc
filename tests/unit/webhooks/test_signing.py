from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from shared.domain.delivery import Signing
from shared.webhooks.signing import PREFIX, SECRET_BYTES, new_secret, signed_headers

BODY = json.dumps({"type": "job.succeeded", "data": {"reference": "지원자-17"}}, ensure_ascii=False).encode()


def headers_by(signing: Signing, body: bytes = BODY) -> dict[str, str]:
    return signed_headers("evt_1", datetime.now(UTC), body, signing)


def test_the_official_library_accepts_what_we_sign() -> None:
    secret = new_secret()

    assert Webhook(secret).verify(BODY, headers_by(Signing(secret=secret))) == json.loads(BODY)


def test_the_official_library_refuses_another_body_and_another_secret() -> None:
    secret = new_secret()
    headers = headers_by(Signing(secret=secret))

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, headers)


def test_while_secrets_rotate_both_verify() -> None:
    new, old = new_secret(), new_secret()
    headers = headers_by(Signing(secret=new, previous=old))

    for secret in (new, old):
        assert Webhook(secret).verify(BODY, headers)
    assert len(headers["webhook-signature"].split(" ")) == 2


def test_a_secret_holds_as_many_random_bytes_as_the_specification_asks_for() -> None:
    secrets = {new_secret() for _ in range(10)}

    assert len(secrets) == 10
    for secret in secrets:
        assert len(base64.b64decode(secret.removeprefix(PREFIX))) == SECRET_BYTES >= 24
