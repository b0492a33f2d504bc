"""The analyser process: decodes media and runs the model, and can do little else.

Started as `python -m worker.sandbox.child CONNECTION LIFELINE ENGINE GPU MEMORY_BYTES LOG_FORMAT NICENESS`. It loads
the model once, keeps the last recording open between segments, and answers one request
at a time until its worker closes the connection.
"""

from __future__ import annotations

import logging
import os
import sys
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

import structlog

from shared.domain.clock import monotonic_s
from shared.domain.engines import ENGINES, Engine
from shared.domain.errors import MienError
from shared.log import configure_logging, get_logger
from worker.sandbox.limits import (
    OUT_OF_MEMORY,
    allow_cpu,
    end_with,
    hide_memory,
    isolation_of,
    leave_network,
    limit_resources,
)
from worker.sandbox.seccomp import deny_system_calls
from worker.sandbox.wire import Message, receive, send

if TYPE_CHECKING:
    from worker.sandbox.answers import Answers


IDLE_S = 5.0  # between two segments of one recording there are milliseconds

log = get_logger(__name__)


def main(connection_fd: int, lifeline_fd: int, engine: Engine, gpu: int, memory_bytes: int) -> None:
    connection: Connection[Any, Any] = Connection(connection_fd)
    namespace = leave_network()  # before the imports below start threads
    # TensorFlow may reserve for each processor of a large machine, and CUDA reserves what it never uses.
    limit_resources(memory_bytes if engine == "litert" else None)
    end_with(lifeline_fd)
    try:
        _serve(connection, engine, gpu, namespace=namespace)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the worker is gone or wants no more
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # at once: an orderly end may need memory, or wait for a thread that does


def _serve(connection: Connection[Any, Any], engine: Engine, gpu: int, *, namespace: bool) -> None:
    fenced = engine != "tensorflow-gpu" and _fence()
    from worker.sandbox.answers import Answers

    try:
        answers = Answers(engine, gpu, lambda at, piece: send(connection, {"is": "written", "at": at}, [piece]))
    except MienError as error:
        return send(connection, {"is": "error", "code": error.code, "detail": error.detail})
    # CUDA fails to start without a unix socket of its own, and may compile with other programs; by now it has
    # started and computed once, and no recording has been opened. This has not been seen on a graphics card.
    fenced = fenced or deny_system_calls()
    isolation = isolation_of(namespace=namespace, seccomp=fenced)
    send(connection, {"is": "ready", "isolation": isolation, "engine": answers.engine})
    while True:
        _answer(connection, answers)


def _fence() -> bool:
    """What holds on processors from the start.

    Not on graphics cards: CUDA names its threads through files in /proc that hidden processes may not write to.
    """
    hide_memory()
    return deny_system_calls()


def _answer(connection: Connection[Any, Any], answers: Answers) -> None:
    if not connection.poll(IDLE_S):
        answers.close()  # a file that was erased meanwhile takes space for as long as it is open
    request = receive(connection)
    allow_cpu(request.header["cpu_s"])
    with structlog.contextvars.bound_contextvars(**request.header["ids"]):
        _carry_out(connection, answers, request)


def _carry_out(connection: Connection[Any, Any], answers: Answers, request: Message) -> None:
    began_s = monotonic_s()
    try:
        header, parts = answers.to(request, lambda done: send(connection, {"is": "progress", "samples_done": done}))
    except MienError as error:
        log.info("analyser_refused", do=request.header["do"], code=error.code)
        send(connection, {"is": "error", "code": error.code, "detail": error.detail})
    else:
        log.info("analyser_done", do=request.header["do"], seconds=round(monotonic_s() - began_s, 3))
        send(connection, {"is": "done", **header}, parts)


def log_as_told(log_format: str) -> None:
    """A child of a worker writes lines of the worker's form; one of a command on a terminal stays quiet."""
    if log_format:
        configure_logging(log_format, "analyser")
    else:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


if __name__ == "__main__":
    os.nice(int(sys.argv[7]))  # before there are other threads, which take it over
    log_as_told(sys.argv[6])
    main(int(sys.argv[1]), int(sys.argv[2]), ENGINES[ENGINES.index(sys.argv[3])], int(sys.argv[4]), int(sys.argv[5]))
