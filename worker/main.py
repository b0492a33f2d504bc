"""The worker process: Celery in front, the supervisor and its analysers behind."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass

from celery import Celery, signals

from shared.db.claims import Bearer
from shared.db.engine import create_db_engine, create_sessions
from shared.domain.engines import Engine, engine_for
from shared.domain.errors import MienError
from shared.domain.step import DeviceClass
from shared.log import configure_logging, get_logger
from shared.queue import HintPublisher, create_celery
from shared.settings import Settings
from shared.storage.local import LocalStorage
from worker.analyser import AnalyserLimits
from worker.poller import Poller
from worker.pool import AnalyserPool
from worker.recording import Tools
from worker.supervisor import Supervisor
from worker.tasks import register_tasks

log = get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Worker:
    """The parts of a running worker, in the order in which they stop."""

    app: Celery
    supervisor: Supervisor
    poller: Poller
    pool: AnalyserPool
    hints: HintPublisher

    def start(self) -> None:
        self.pool.start()
        self.poller.start()
        self.supervisor.announce()

    def close(self) -> None:
        self.poller.stop(timeout_s=5.0)
        self.pool.close()
        self.hints.close()


def run_worker(settings: Settings) -> None:
    """Serve until SIGTERM. Ends with a message when the analysers cannot start, as without the GPU asked for."""
    configure_logging(settings.log_format, "worker")
    worker = create_worker(settings)
    try:
        log.info("worker_starting", **worker.pool.describe(), analysers=worker.pool.size)
    except MienError as error:
        worker.close()
        raise SystemExit(f"mien worker: {error.detail}") from None
    _tie_to_celery(worker, settings)
    worker.app.worker_main(_arguments(settings, worker.pool.size))


def create_worker(settings: Settings) -> Worker:
    size = settings.analysers or os.cpu_count() or 1
    engine = _engine(settings)
    pool = AnalyserPool(
        size,
        AnalyserLimits(engine=engine, memory_bytes=settings.analyser_memory_bytes, stall_s=settings.stall_s),
    )
    app = create_celery(settings.broker_url)
    hints = HintPublisher(app)
    supervisor = Supervisor(
        _tools(settings, size), _bearer(settings, engine), pool, hints, heartbeat_s=settings.heartbeat_s
    )
    register_tasks(app, supervisor)
    poller = Poller(supervisor, hints, threads=size, poll_s=settings.poll_s)
    return Worker(app=app, supervisor=supervisor, poller=poller, pool=pool, hints=hints)


def _tools(settings: Settings, size: int) -> Tools:
    engine = create_db_engine(settings.database_url, pool_size=2 * size + 2)
    return Tools(
        sessions=create_sessions(engine), storage=LocalStorage(settings.storage_dir), limits=settings.media_limits()
    )


def _engine(settings: Settings) -> Engine:
    device: DeviceClass = "gpu" if "gpu" in settings.devices else "cpu"
    try:
        return engine_for(device, settings.engine)
    except ValueError as error:
        raise SystemExit(f"mien worker: {error}") from None


def _bearer(settings: Settings, engine: Engine) -> Bearer:
    return Bearer(
        name=f"{socket.gethostname()}:{os.getpid()}",
        classes=settings.devices,
        engine=engine,
        lease_s=settings.lease_s,
    )


def _tie_to_celery(worker: Worker, settings: Settings) -> None:
    """Celery's own signals tell when to begin and to wind down; `worker_ready` never comes without a broker."""

    def begin(**_: object) -> None:
        worker.start()

    def wind_down(**_: object) -> None:
        worker.supervisor.stop(settings.grace_s)

    signals.worker_init.connect(begin, weak=False)
    signals.worker_shutting_down.connect(wind_down, weak=False)
    signals.worker_shutdown.connect(lambda **_: worker.close(), weak=False)
    signals.setup_logging.connect(lambda **_: None, weak=False)  # keeps Celery from installing its own handlers


def _arguments(settings: Settings, size: int) -> list[str]:
    queues = ",".join(settings.devices)
    return ["worker", "--pool", "threads", "--concurrency", str(size), "-Q", queues, "--without-mingle"]
