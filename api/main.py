"""The application: routers, error handlers and the parts they share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from api import (
    admin,
    artifacts,
    audit_log,
    batches,
    changes,
    compat,
    events,
    health,
    jobs,
    listing,
    login,
    metrics,
    results,
    sessions,
    subjects,
    uploads,
    videos,
    webhooks,
)
from api.context import Context
from api.errors import install_error_handlers
from api.hosts import KnownHosts
from api.limits import RateLimits
from api.openapi import describe, name_of
from api.pages import install_pages
from api.requests import RequestIds
from api.watch import JobWatcher
from shared import __version__
from shared.db.engine import create_db_engine, create_sessions
from shared.domain.options import BUILT_IN_MODELS
from shared.log import configure_logging
from shared.model_folders import read_model_folders
from shared.queue import HintPublisher, create_celery
from shared.settings import Settings
from shared.storage.local import LocalStorage

DESCRIPTION = """Long interview recordings in, displayed expression over time out.

Authenticate with `Authorization: Bearer mien_…`. Errors are `application/problem+json` with a stable `code`.
What Mien reports is displayed expression as a model classifies it, not what a person feels."""


THREADS = 40  # that anyio offers to handlers; each may hold a connection
MODULES = (
    jobs,
    listing,
    events,
    changes,
    results,
    artifacts,
    batches,
    videos,
    uploads,
    subjects,
    webhooks,
    compat,
    admin,
    audit_log,
    sessions,
    health,
    metrics,
    login,
)
"""In the order in which they are described."""


def create_app(settings: Settings) -> FastAPI:
    app = FastAPI(
        title="Mien",
        version=__version__,
        description=DESCRIPTION,
        lifespan=_lifespan(settings),
        docs_url=None,  # api.pages serves one that asks no other host for its scripts
        redoc_url=None,
        generate_unique_id_function=name_of,
    )
    for module in MODULES:
        app.include_router(module.router)
    install_pages(app)
    install_error_handlers(app)
    app.add_middleware(KnownHosts, known=settings.trusted_hosts)
    app.add_middleware(RequestIds)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    return app


def _lifespan(settings: Settings) -> Any:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        configure_logging(settings.log_format, "api")
        engine = create_db_engine(settings.database_url, pool_size=THREADS)
        sessions = create_sessions(engine)
        hints = HintPublisher(create_celery(settings.broker_url))
        watcher = JobWatcher(sessions)
        app.state.context = Context(
            settings=settings,
            sessions=sessions,
            storage=LocalStorage(settings.storage_dir),
            hints=hints,
            watcher=watcher,
            rates=RateLimits(),
            models=frozenset({*BUILT_IN_MODELS, *read_model_folders(settings.models)}),
        )
        yield
        watcher.close()
        hints.close()
        engine.dispose()

    return lifespan
