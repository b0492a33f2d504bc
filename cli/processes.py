"""`mien api`, `worker`, `sweep`, `migrate`: the processes of a deployment, configured by MIEN_* alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import typer

from cli import console

if TYPE_CHECKING:
    from shared.settings import Settings

PANEL = "Processes of a deployment (configured by MIEN_*)"
API_DRAIN_S = 5  # an open event stream would otherwise hold a stopping API for as long as its reader likes


def register(app: typer.Typer) -> None:
    for command in (api, worker, sweep, migrate):
        app.command(rich_help_panel=PANEL)(command)


def api() -> None:
    """Serve the HTTP API and the web pages."""
    import gc

    import uvicorn

    from api.main import create_app

    settings = load()
    app = create_app(settings)
    # The collector would walk through all that was imported again and again, and hold up every request for 0.1 s.
    gc.collect()
    gc.freeze()
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=API_DRAIN_S,
    )


def worker() -> None:
    """Carry out jobs: claim steps and drive the analysers."""
    from worker.main import run_worker

    run_worker(load())


def sweep() -> None:
    """Look after lost hints, due deliveries, expired media and orphan files."""
    from worker.sweep import run_sweep

    run_sweep(load())


def migrate() -> None:
    """Bring the database to the newest schema, then end."""
    from shared.db.migrate import migrate as bring_up_to_date

    settings = load()
    with console.spinner("Applying migrations"):
        bring_up_to_date(settings.database_url)


def load() -> Settings:
    """The settings, or a Failure that names each variable that is wrong, without its value.

    Read on the side, because no deployment has a use for it: MIEN_CRASH_DIR, the folder of `shared.crash`.
    """
    from pydantic import ValidationError

    from shared.crash import arm
    from shared.settings import load_settings

    arm(os.environ.get("MIEN_CRASH_DIR"))
    try:
        return load_settings()
    except ValidationError as error:
        wrong = [f"  MIEN_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors()]
        raise console.Failure("these settings are missing or wrong:\n" + "\n".join(wrong)) from None
