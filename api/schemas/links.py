"""Addresses in answers: of the public URL where one is set, else as the client reached us."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from api.deps import Ctx


class Links:
    def __init__(self, base: str) -> None:
        self._base = base.rstrip("/")

    def of_job(self, job_id: str) -> dict[str, str]:
        api = f"{self._base}/v1/jobs/{job_id}"
        return {
            "self": api,
            "result": f"{api}/result",
            "timeline": f"{api}/timeline",
            "report": f"{self._base}/jobs/{job_id}",
        }

    def moment(self, job_id: str, number: int) -> str:
        return f"{self._base}/v1/jobs/{job_id}/moments/{number}.jpg"

    def video(self, video_id: str) -> str:
        return f"{self._base}/v1/videos/{video_id}"


def get_links(request: Request, context: Ctx) -> Links:
    return Links(context.settings.public_url or str(request.base_url))


LinksDep = Annotated[Links, Depends(get_links)]
