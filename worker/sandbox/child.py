"""The analyser process: decodes media and runs the model, and can do little else.

Started as `python -m worker.sandbox.child CONNECTION LIFELINE ENGINE GPU`. It loads the
model once, keeps the last recording open between segments, and answers one request
at a time until its worker closes the connection.
"""

from __future__ import annotations

import sys
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from shared.domain.engines import ENGINES, Engine
from shared.domain.errors import MienError
from worker.sandbox.limits import Isolation, end_with, leave_network, limit_resources
from worker.sandbox.wire import receive, send

if TYPE_CHECKING:
    from worker.sandbox.answers import Answers


def main(connection_fd: int, lifeline_fd: int, engine: Engine, gpu: int) -> None:
    connection: Connection[Any, Any] = Connection(connection_fd)
    isolation = leave_network()  # before the imports below start threads
    limit_resources()
    end_with(lifeline_fd)
    try:
        _serve(connection, isolation, engine, gpu)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the worker is gone or wants no more


def _serve(connection: Connection[Any, Any], isolation: Isolation, engine: Engine, gpu: int) -> None:
    from worker.sandbox.answers import Answers

    try:
        answers = Answers(engine, gpu)
    except MienError as error:
        return send(connection, {"is": "error", "code": error.code, "detail": error.detail})
    send(connection, {"is": "ready", "isolation": isolation, "engine": answers.engine})
    while True:
        _answer(connection, answers)


def _answer(connection: Connection[Any, Any], answers: Answers) -> None:
    request = receive(connection)
    try:
        header, parts = answers.to(request, lambda done: send(connection, {"is": "progress", "samples_done": done}))
    except MienError as error:
        send(connection, {"is": "error", "code": error.code, "detail": error.detail})
    else:
        send(connection, {"is": "done", **header}, parts)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), ENGINES[ENGINES.index(sys.argv[3])], int(sys.argv[4]))
