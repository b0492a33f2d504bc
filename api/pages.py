"""The web pages: plain files without a build step, under a strict content policy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse, Response
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

UI = Path(__file__).resolve().parent / "ui"
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(), geolocation=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}

# Swagger UI draws with style attributes.
DOCS_POLICY = HEADERS["Content-Security-Policy"] + "; style-src 'self' 'unsafe-inline'"

router = APIRouter(include_in_schema=False)


def install_pages(app: FastAPI) -> None:
    app.include_router(router)
    static = GZipMiddleware(_Static(directory=UI / "static"), minimum_size=500)
    app.mount("/static", static, name="static")


class _Static(StaticFiles):
    """Asks the browser to check for a newer file each time: one page must never mix two versions of Mien."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers.update({name: HEADERS[name] for name in ("Cache-Control", "X-Content-Type-Options")})
        return response


@router.head("/")
@router.get("/")
def home() -> FileResponse:
    return _page("home.html")


@router.head("/jobs/{job_id}")
@router.get("/jobs/{job_id}")
def report(job_id: str) -> FileResponse:  # noqa: ARG001 - the page itself reads the id from its address
    return _page("report.html")


@router.head("/compare")
@router.get("/compare")
def compare() -> FileResponse:
    return _page("compare.html")


@router.head("/sign-in")
@router.get("/sign-in")
def sign_in() -> FileResponse:
    return _page("sign-in.html")


@router.head("/settings")
@router.get("/settings")
def settings() -> FileResponse:
    return _page("settings.html")


@router.head("/docs")
@router.get("/docs")
def docs() -> FileResponse:
    return _page("docs.html", {"Content-Security-Policy": DOCS_POLICY})


def _page(name: str, headers: Mapping[str, str] | None = None) -> FileResponse:
    return FileResponse(UI / name, headers={**HEADERS, **(headers or {})})
