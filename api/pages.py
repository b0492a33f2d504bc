"""The web pages: plain files without a build step, under a strict content policy."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse
from starlette.staticfiles import StaticFiles

UI = Path(__file__).resolve().parent / "ui"
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}

router = APIRouter(include_in_schema=False)


def install_pages(app: FastAPI) -> None:
    app.include_router(router)
    app.mount("/static", StaticFiles(directory=UI / "static"), name="static")


@router.get("/")
def home() -> FileResponse:
    return _page("home.html")


@router.get("/jobs/{job_id}")
def report(job_id: str) -> FileResponse:  # noqa: ARG001 - the page itself reads the id from its address
    return _page("report.html")


@router.get("/signed-out")
def signed_out() -> FileResponse:
    return _page("signed-out.html")


def _page(name: str) -> FileResponse:
    return FileResponse(UI / name, headers=HEADERS)
