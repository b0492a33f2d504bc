"""Whether the process lives, and whether it can serve."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from api.context import Context
from api.deps import Ctx
from shared.db.engine import transaction
from shared.domain.errors import Unavailable

router = APIRouter(tags=["operate"])


class Health(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok"}]})

    status: str = "ok"


class Readiness(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"database": True, "storage": True, "broker": True}]})

    database: bool
    storage: bool
    broker: bool


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz")
async def healthz() -> Health:
    """The process lives."""
    return Health()


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", response_model=Readiness, responses={503: {"model": Readiness, "description": "Not ready."}})
def readyz(context: Ctx) -> JSONResponse:
    """Postgres and the storage answer. The broker is only reported: without it jobs are found by polling."""
    state = Readiness(
        database=_database_answers(context), storage=_storage_works(context), broker=context.hints.broker_answers
    )
    return JSONResponse(state.model_dump(), 200 if state.database and state.storage else 503)


def _database_answers(context: Context) -> bool:
    try:
        with transaction(context.sessions) as session:
            session.execute(text("SELECT 1"))
    except Unavailable:
        return False
    return True


def _storage_works(context: Context) -> bool:
    try:
        context.storage.check()
    except Unavailable:
        return False
    return True
