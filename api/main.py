"""The application: routers, error handlers and the parts they share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api import compat, health, jobs, login, metrics, results, uploads, videos, webhooks
from api.context import Context
from api.errors import install_error_handlers
from api.hosts import KnownHosts
from api.pages import install_pages
from api.requests import RequestIds
from api.schemas.job import JobIn
from api.schemas.problem import Problem
from api.watch import JobWatcher
from shared import __version__
from shared.db.engine import create_db_engine, create_sessions
from shared.log import configure_logging
from shared.queue import HintPublisher, create_celery
from shared.settings import Settings
from shared.storage.local import LocalStorage

DESCRIPTION = """Long interview recordings in, displayed expression over time out.

Authenticate with `Authorization: Bearer mien_…`. Errors are `application/problem+json` with a stable `code`.
What Mien reports is displayed expression as a model classifies it, not what a person feels."""


def create_app(settings: Settings) -> FastAPI:
    app = FastAPI(
        title="Mien",
        version=__version__,
        description=DESCRIPTION,
        lifespan=_lifespan(settings),
        docs_url=None,  # api.pages serves one that asks no other host for its scripts
        redoc_url=None,
    )
    for module in (jobs, results, videos, uploads, webhooks, compat, health, metrics, login):
        app.include_router(module.router)
    install_pages(app)
    install_error_handlers(app)
    app.add_middleware(KnownHosts, known=settings.trusted_hosts)
    app.add_middleware(RequestIds)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _lifespan(settings: Settings) -> Any:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        configure_logging(settings.log_format, "api")
        engine = create_db_engine(settings.database_url, pool_size=20)
        sessions = create_sessions(engine)
        hints = HintPublisher(create_celery(settings.broker_url))
        watcher = JobWatcher(sessions)
        app.state.context = Context(
            settings=settings,
            sessions=sessions,
            storage=LocalStorage(settings.storage_dir),
            hints=hints,
            watcher=watcher,
        )
        yield
        watcher.close()
        hints.close()
        engine.dispose()

    return lifespan


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The document, with the shapes that handlers read by themselves and the one way to authenticate."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        for model in (Problem, JobIn):
            schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
            document["components"]["schemas"] |= {**schema.pop("$defs", {}), model.__name__: schema}
        document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"key": []}]
        app.openapi_schema = document
    return app.openapi_schema
