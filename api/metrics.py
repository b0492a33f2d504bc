"""What Prometheus asks: what this process counted, and how the deployment stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.context import Context
from api.deps import Ctx
from api.schemas.problem import problems
from shared.db.engine import transaction
from shared.db.figures import Figures, Waiting, read_figures
from shared.domain.access import may_read_metrics
from shared.domain.errors import Unauthenticated, Unavailable
from shared.domain.job import JOB_STATES, TERMINAL
from shared.domain.step import STEP_KINDS
from shared.metrics import CONTENT_TYPE, exposition

router = APIRouter(tags=["operate"])

NONE = Waiting(count=0, oldest_s=0.0)


@router.get("/metrics", response_class=PlainTextResponse, responses=problems())
def metrics(request: Request, context: Ctx) -> Response:
    """Prometheus' text format. With MIEN_METRICS_TOKEN set, send it as a bearer; else ask from loopback."""
    _check_reader(request, context)
    return Response(exposition() + _deployment(context), media_type=CONTENT_TYPE)


def _check_reader(request: Request, context: Context) -> None:
    """A forwarded request comes from elsewhere, whoever forwards it."""
    forwarded = "x-forwarded-for" in request.headers or "forwarded" in request.headers
    peer = "" if forwarded or request.client is None else request.client.host
    token = context.settings.metrics_token.get_secret_value()
    if not may_read_metrics(token, request.headers.get("authorization"), peer):
        raise Unauthenticated(
            "metrics are read from loopback, or, where MIEN_METRICS_TOKEN is set, with it as a bearer"
        )


def _deployment(context: Context) -> bytes:
    """Without Postgres only `mien_database_up 0`: what a process counted is told all the same."""
    try:
        with transaction(context.sessions) as session:
            figures = read_figures(session)
    except Unavailable:
        figures = None
    registry = CollectorRegistry()
    registry.register(_Once(figures))
    return generate_latest(registry)


class _Once(Collector):
    """Gauges of one moment."""

    def __init__(self, figures: Figures | None) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        figures = self._figures
        yield _gauge("mien_database_up", "Whether Postgres answers", float(figures is not None))
        if figures is None:
            return
        states = [state for state in JOB_STATES if state not in TERMINAL]
        yield from _waiting("mien_open_jobs", "Jobs that are not over", "state", states, figures.open_jobs)
        yield from _waiting("mien_claimable_steps", "Steps that wait", "kind", STEP_KINDS, figures.claimable_steps)
        yield _gauge("mien_leased_steps", "Steps that are worked on", figures.leased_steps)
        yield _gauge("mien_overdue_leases", "Leases that ran out and were not taken over", figures.overdue_leases)
        yield _gauge("mien_due_deliveries", "Webhooks that should be on their way", figures.due_deliveries.count)
        yield _gauge("mien_oldest_due_delivery_seconds", "How late the latest is", figures.due_deliveries.oldest_s)
        yield _gauge("mien_disabled_endpoints", "Receivers that are told nothing", figures.disabled_endpoints)


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=value)


def _waiting(name: str, about: str, label: str, values: Sequence[str], found: dict[str, Waiting]) -> Iterator[Metric]:
    """A count and the age of the oldest; values that do not occur are 0 rather than absent."""
    counts = GaugeMetricFamily(name, about, labels=[label])
    ages = GaugeMetricFamily(f"{name}_oldest_seconds", f"{about}: age of the oldest", labels=[label])
    for value in values:
        waiting = found.get(value, NONE)
        counts.add_metric([value], waiting.count)
        ages.add_metric([value], waiting.oldest_s)
    yield from (counts, ages)
