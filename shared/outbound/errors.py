"""Why a request to somebody else got no answer."""

from __future__ import annotations

from typing import Literal

Reason = Literal[
    "refused_address",
    "no_such_host",
    "connect_failed",
    "tls_failed",
    "timeout",
    "broken_answer",
    "connection_lost",
]


class NoAnswer(Exception):
    """There was no answer, or only part of one. Carries a word and never the address, which may hold secrets."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason
