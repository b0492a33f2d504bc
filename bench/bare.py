"""The least that a web server in Python can do: what the service's latencies are measured beside.

Started as `python -m bench.bare PORT BYTES`: answers every request with so many bytes, and looks at nothing.
"""

from __future__ import annotations

import sys
from typing import Any

import uvicorn


def create_bare(size_bytes: int) -> Any:
    body = b"x" * size_bytes
    headers = [(b"content-type", b"application/json"), (b"content-length", str(size_bytes).encode())]

    async def bare(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return bare


if __name__ == "__main__":
    uvicorn.run(create_bare(int(sys.argv[2])), port=int(sys.argv[1]), log_config=None, access_log=False, lifespan="off")
