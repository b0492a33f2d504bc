"""Signatures as Standard Webhooks has them: HMAC-SHA256 over `id.timestamp.body`, one per secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

from shared.domain.delivery import Signing

PREFIX = "whsec_"
SECRET_BYTES = 32  # the specification asks for 24 to 64


def new_secret() -> str:
    """`whsec_` and the key in base64, as receivers' libraries expect it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(message_id: str, at: datetime, body: bytes, signing: Signing) -> dict[str, str]:
    """The three headers of a message.

    Args:
        at: When it is sent; receivers refuse what is older than some minutes, so every try has its own.
    """
    timestamp = str(int(at.timestamp()))
    signatures = " ".join(sign(message_id, timestamp, body, secret) for secret in signing.secrets)
    return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": signatures}


def sign(message_id: str, timestamp: str, body: bytes, secret: str) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    digest = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()
