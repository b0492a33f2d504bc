"""What a worker counted, for Prometheus: on loopback, or with a token."""

from __future__ import annotations

import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from shared.domain.access import may_read_metrics
from shared.log import get_logger
from shared.metrics import CONTENT_TYPE, exposition

log = get_logger(__name__)


def serve_metrics(host: str, port: int, token: str) -> int | None:
    """Serve `/metrics` from a thread of its own. Returns the port; None when it is taken.

    A worker that cannot be watched still works, so nothing is raised.
    """
    try:
        server = ThreadingHTTPServer((host, port), _handler(token))
    except OSError as error:
        log.warning("metrics_not_served", port=port, reason=error.strerror)
        return None
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    log.info("metrics_served", port=server.server_port)
    return int(server.server_port)


def _handler(token: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status = self._status()
            content = exposition() if status is HTTPStatus.OK else f"{status.phrase}\n".encode()
            self.send_response(status)
            self.send_header("Content-Type", CONTENT_TYPE if status is HTTPStatus.OK else "text/plain")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _status(self) -> HTTPStatus:
            if self.path.partition("?")[0] != "/metrics":
                return HTTPStatus.NOT_FOUND
            allowed = may_read_metrics(token, self.headers.get("authorization"), self.client_address[0])
            return HTTPStatus.OK if allowed else HTTPStatus.UNAUTHORIZED

        def log_message(self, *_: object) -> None:
            """Scrapes are not worth a line."""

    return Handler
