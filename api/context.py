"""What the handlers of one API process share, put together when the app starts."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from api.limits import RateLimits
from api.watch import JobWatcher
from shared.db.engine import Sessions
from shared.queue import HintPublisher
from shared.settings import Settings
from shared.storage.port import Storage


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    settings: Settings
    sessions: Sessions
    storage: Storage
    hints: HintPublisher
    watcher: JobWatcher
    rates: RateLimits
    models: frozenset[str]
    """What a job may name."""


def context_of(connection: HTTPConnection) -> Context:
    context: Context = connection.app.state.context
    return context
