"""The worker process: Celery in front, the supervisor with its analysers behind, and the crews beside."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass

from celery import Celery, signals

from shared import __version__
from shared.db.claims import Bearer
from shared.db.engine import create_db_engine, create_sessions
from shared.domain.clock import utc_now
from shared.domain.delivery import LEAST_DELIVERY_LEASE_S
from shared.domain.engines import Engine, engine_for
from shared.domain.errors import MienError
from shared.domain.links import Links
from shared.domain.step import CREW_CLASSES, DeviceClass, StepClass
from shared.domain.worker import WorkerFacts
from shared.log import configure_logging, get_logger
from shared.model_folders import read_model_folders
from shared.outbound.client import OutboundClient
from shared.queue import HintPublisher, create_celery
from shared.settings import Settings
from shared.storage.local import LocalStorage
from shared.webhooks.payload import PayloadPolicy
from worker.analyser import AnalyserLimits
from worker.artifacts.maker import NICENESS, Encoder, Writer
from worker.carrier import StepCarrier
from worker.crew import Crew
from worker.deliver import Deliverer
from worker.fetch import Fetcher
from worker.metrics import serve_metrics
from worker.poller import Poller
from worker.pool import AnalyserPool
from worker.presence import Presence
from worker.recording import Tools
from worker.supervisor import Supervisor
from worker.tasks import register_tasks

WRITERS = 2  # reports and archives, which take seconds
CREW_STOP_S = 16.0  # a little longer than a receiver may take to answer

log = get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Worker:
    """The parts of a running worker, in the order in which they stop."""

    app: Celery
    carriers: tuple[StepCarrier, ...]
    poller: Poller
    crews: tuple[Crew, ...]
    presence: Presence
    pool: AnalyserPool
    hints: HintPublisher

    def start(self) -> None:
        self.pool.start()
        self.presence.start()
        self.poller.start()
        for crew in self.crews:
            crew.start()
        for carrier in self.carriers:
            carrier.announce()

    def wind_down(self, grace_s: float) -> None:
        for carrier in self.carriers:
            carrier.stop(grace_s)

    def close(self) -> None:
        self.poller.stop(timeout_s=5.0)
        for crew in self.crews:
            crew.stop(CREW_STOP_S)
        self.presence.stop(timeout_s=2.0)
        self.pool.close()
        self.hints.close()


def run_worker(settings: Settings) -> None:
    """Serve until SIGTERM. Ends with a message when the analysers cannot start, as without the GPU asked for."""
    configure_logging(settings.log_format, "worker")
    worker = create_worker(settings)
    try:
        _announce(worker.pool)
    except MienError as error:
        worker.close()
        raise SystemExit(f"mien worker: {error.detail}") from None
    if settings.metrics_port is not None:
        serve_metrics(settings.metrics_host, settings.metrics_port, settings.metrics_token.get_secret_value())
    _tie_to_celery(worker, settings)
    worker.app.worker_main(_arguments(settings, worker.pool.size))


def _announce(pool: AnalyserPool) -> None:
    about = pool.describe()
    log.info("worker_starting", **about, analysers=pool.size)
    if about["isolation"] == "none":
        log.warning("analyser_not_isolated", advice="use Linux on x86_64 or aarch64, or permit network namespaces")


def create_worker(settings: Settings) -> Worker:
    size = settings.analysers or os.cpu_count() or 1
    engine = _engine(settings)
    pool = AnalyserPool(
        size,
        AnalyserLimits(
            engine=engine,
            memory_bytes=settings.analyser_memory_bytes,
            stall_s=settings.stall_s,
            log_format=settings.log_format,
        ),
    )
    app = create_celery(settings.broker_url)
    hints = HintPublisher(app)
    beside = settings.senders + settings.fetchers + settings.encoders + WRITERS
    tools = _tools(settings, 2 * (size + beside) + 2)
    steps, *others = (
        StepCarrier(tools, _bearer(settings, engine, classes), hints, heartbeat_s=settings.heartbeat_s)
        for classes in (settings.devices, *((name,) for name in CREW_CLASSES))
    )
    supervisor = Supervisor(tools, steps, pool)
    crews = (*_crews(settings, tools, others[0]), *_makers(settings, tools, others[1], others[2]))
    register_tasks(app, supervisor, crews)
    poller = Poller(supervisor, hints, threads=size, poll_s=settings.poll_s)
    presence = Presence(tools.sessions, _facts(settings, engine, size))
    carriers = (steps, *others)
    return Worker(app=app, carriers=carriers, poller=poller, crews=crews, presence=presence, pool=pool, hints=hints)


def _facts(settings: Settings, engine: Engine, size: int) -> WorkerFacts:
    return WorkerFacts(
        name=_name(),
        classes=(*settings.devices, *CREW_CLASSES),
        engine=engine,
        analysers=size,
        version=__version__,
        started_at=utc_now(),
    )


def _tools(settings: Settings, connections: int) -> Tools:
    engine = create_db_engine(settings.database_url, pool_size=connections)
    return Tools(
        sessions=create_sessions(engine),
        storage=LocalStorage(settings.storage_dir),
        limits=settings.media_limits(),
        models={name: folder.path for name, folder in read_model_folders(settings.models).items()},
    )


def _crews(settings: Settings, tools: Tools, fetches: StepCarrier) -> tuple[Crew, ...]:
    """Apart from each other, so that long fetches leave senders to the deliveries."""
    client = OutboundClient(settings.networks())
    deliverer = Deliverer(
        sessions=tools.sessions,
        client=client,
        policy=PayloadPolicy(links=Links(settings.public_url), assessment_scores=settings.assessment_scores),
        name=_name(),
        lease_s=max(settings.lease_s, LEAST_DELIVERY_LEASE_S),
    )
    fetcher = Fetcher(tools=tools, carrier=fetches, client=client)
    return (
        Crew("sender", settings.senders, deliverer.find, poll_s=settings.poll_s),
        Crew("fetcher", settings.fetchers, fetcher.find, poll_s=settings.poll_s),
    )


def _makers(settings: Settings, tools: Tools, encodes: StepCarrier, writes: StepCarrier) -> tuple[Crew, ...]:
    """Artifacts, beside the analysers: an encoder has one of its own, without a model that needs a GPU."""
    limits = AnalyserLimits(
        memory_bytes=settings.analyser_memory_bytes,
        stall_s=settings.stall_s,
        niceness=NICENESS,
        log_format=settings.log_format,
    )
    encoder, writer = Encoder(tools=tools, carrier=encodes, limits=limits), Writer(tools=tools, carrier=writes)
    return (
        Crew("encoder", settings.encoders, encoder.find, poll_s=settings.poll_s),
        Crew("writer", WRITERS, writer.find, poll_s=settings.poll_s),
    )


def _engine(settings: Settings) -> Engine:
    device: DeviceClass = "gpu" if "gpu" in settings.devices else "cpu"
    try:
        return engine_for(device, settings.engine)
    except ValueError as error:
        raise SystemExit(f"mien worker: {error}") from None


def _bearer(settings: Settings, engine: Engine, classes: tuple[StepClass, ...]) -> Bearer:
    return Bearer(name=_name(), classes=classes, engine=engine, lease_s=settings.lease_s)


def _name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _tie_to_celery(worker: Worker, settings: Settings) -> None:
    """Celery's own signals tell when to begin and to wind down; `worker_ready` never comes without a broker."""

    def begin(**_: object) -> None:
        worker.start()

    def wind_down(**_: object) -> None:
        worker.wind_down(settings.grace_s)

    signals.worker_init.connect(begin, weak=False)
    signals.worker_shutting_down.connect(wind_down, weak=False)
    signals.worker_shutdown.connect(lambda **_: worker.close(), weak=False)
    signals.setup_logging.connect(lambda **_: None, weak=False)  # keeps Celery from installing its own handlers


def _arguments(settings: Settings, size: int) -> list[str]:
    queues = ",".join((*settings.devices, "io"))
    return ["worker", "--pool", "threads", "--concurrency", str(size), "-Q", queues, "--without-mingle"]
