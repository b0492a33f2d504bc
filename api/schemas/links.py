"""Addresses in answers: of the public URL where one is set, else as the client reached us."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from api.deps import Ctx
from shared.domain.links import Links


async def get_links(request: Request, context: Ctx) -> Links:
    return Links(context.settings.public_url or str(request.base_url))


LinksDep = Annotated[Links, Depends(get_links)]
