"""Every counter of Mien's processes, in one place; the names are what an operator's dashboards rest on.

Each process counts for itself. What is true of the whole deployment, such as how
many jobs wait, is asked of Postgres when the API's `/metrics` is read.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

REGISTRY = CollectorRegistry()
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

STEP_BUCKETS_S = (0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000)
WAIT_BUCKETS_S = (0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200)
REQUEST_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)

STEP_SECONDS = Histogram(
    "mien_step_seconds", "Time from claim to commit", ["kind"], buckets=STEP_BUCKETS_S, registry=REGISTRY
)
QUEUE_WAIT_SECONDS = Histogram(
    "mien_queue_wait_seconds", "Time from ready to claimed", ["kind"], buckets=WAIT_BUCKETS_S, registry=REGISTRY
)
SAMPLES = Counter("mien_samples", "Samples analysed and committed", registry=REGISTRY)
LEASES_EXPIRED = Counter("mien_leases_expired", "Steps and deliveries taken over", ["of"], registry=REGISTRY)
STALE_COMMITS = Counter("mien_stale_commits_rejected", "Commits whose lease was lost", ["of"], registry=REGISTRY)
STEPS_PUT_DOWN = Counter("mien_steps_put_down", "Steps that did not succeed", ["kind", "reason"], registry=REGISTRY)
ANALYSERS_REPLACED = Counter("mien_analysers_replaced", "Crashed, stalled or too large", registry=REGISTRY)
DELIVERY_ATTEMPTS = Counter("mien_delivery_attempts", "Tries to tell a receiver", ["outcome"], registry=REGISTRY)
DELIVERY_SECONDS = Histogram(
    "mien_delivery_seconds", "Time until a receiver answered or not", buckets=REQUEST_BUCKETS_S, registry=REGISTRY
)
ENDPOINTS_DISABLED = Counter("mien_endpoints_disabled", "Receivers given up", registry=REGISTRY)
FETCHED_BYTES = Counter("mien_fetched_bytes", "Bytes of remote recordings", registry=REGISTRY)
STORAGE_ERRORS = Counter("mien_storage_errors", "Reads and writes that failed", ["reason"], registry=REGISTRY)
HINTS_FAILED = Counter("mien_hints_failed", "Messages that the broker did not take", registry=REGISTRY)
REQUEST_SECONDS = Histogram(
    "mien_request_seconds",
    "Time until an answer began",
    ["method", "route", "status"],
    buckets=REQUEST_BUCKETS_S,
    registry=REGISTRY,
)


def exposition() -> bytes:
    """What this process counted, in Prometheus' text format."""
    return generate_latest(REGISTRY)
