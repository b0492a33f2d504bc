"""Addresses of things, below whatever address this deployment is reached at."""

from __future__ import annotations


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

    def of_batch(self, batch_id: str) -> dict[str, str]:
        return {"self": f"{self._base}/v1/batches/{batch_id}", "jobs": f"{self._base}/v1/jobs?batch={batch_id}"}

    def moment(self, job_id: str, number: int) -> str:
        return f"{self._base}/v1/jobs/{job_id}/moments/{number}.jpg"

    def artifact(self, job_id: str, kind: str) -> str:
        return f"{self._base}/v1/jobs/{job_id}/artifacts/{kind}"

    def content(self, video_id: str) -> str:
        return f"{self.video(video_id)}/content"

    def video(self, video_id: str) -> str:
        return f"{self._base}/v1/videos/{video_id}"

    def upload(self, upload_id: str) -> str:
        return f"{self._base}/v1/uploads/{upload_id}"

    def endpoint(self, endpoint_id: str) -> str:
        return f"{self._base}/v1/webhooks/{endpoint_id}"
