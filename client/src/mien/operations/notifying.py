"""Webhooks: who is told, with which secret, and what became of it. All of it needs a key of scope `webhooks`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mien.core import Core, get, id_of, pages, params_of, path_to, post
from mien.operations.following import JobRef
from mien.webhooks import Delivery, Endpoint
from mien.wire import Flow, Op, Request

EndpointRef = Endpoint | str
DeliveryRef = Delivery | str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Secret:
    secret: str


def create_endpoint(
    core: Core, url: str, *, event_types: Iterable[str] = (), description: str | None = None
) -> Op[Endpoint]:
    """Be told of events at an address. `secret` of what comes back signs them, and is shown only now.

    Args:
        event_types: None: all but `job.progress`, which has to be asked for.
    """
    body = {"url": url, "event_types": list(event_types), "description": description}
    return (yield from post(core, Endpoint, path_to("webhooks"), body))


def endpoints(core: Core) -> Flow[Endpoint]:
    """The endpoints of the workspace, oldest first."""
    return (yield from pages(core, Endpoint, path_to("webhooks")))


def endpoint(core: Core, endpoint: EndpointRef) -> Op[Endpoint]:
    """Its address, its state and, if it is disabled, why."""
    return (yield from get(core, Endpoint, path_to("webhooks", id_of(endpoint))))


def rotate_endpoint(core: Core, endpoint: EndpointRef) -> Op[Endpoint]:
    """A new secret, in what comes back; for a day the old one signs beside it."""
    return (yield from post(core, Endpoint, path_to("webhooks", id_of(endpoint), "rotate")))


def enable_endpoint(core: Core, endpoint: EndpointRef) -> Op[Endpoint]:
    """Tell it of events again, from now on."""
    return (yield from post(core, Endpoint, path_to("webhooks", id_of(endpoint), "enable")))


def disable_endpoint(core: Core, endpoint: EndpointRef) -> Op[Endpoint]:
    """Tell it nothing more; what waits becomes dead, and can be redelivered once it is enabled."""
    return (yield from post(core, Endpoint, path_to("webhooks", id_of(endpoint), "disable")))


def delete_endpoint(core: Core, endpoint: EndpointRef) -> Op[None]:
    """Forget it; the log of its deliveries stays."""
    yield from core.call(Request("DELETE", path_to("webhooks", id_of(endpoint))))


def test_endpoint(core: Core, endpoint: EndpointRef) -> Op[Delivery]:
    """Send it an `endpoint.test` event; `delivery` of what comes back tells how it went."""
    return (yield from post(core, Delivery, path_to("webhooks", id_of(endpoint), "test")))


def webhook_secret(core: Core) -> Op[str]:
    """The workspace's secret, which signs what goes to the `webhook_url` of a job."""
    found = yield from get(core, _Secret, path_to("webhooks", "secret"))
    return found.secret


def rotate_webhook_secret(core: Core) -> Op[str]:
    """A new secret for the workspace; for a day the old one signs beside it."""
    made = yield from post(core, _Secret, path_to("webhooks", "secret", "rotate"))
    return made.secret


def deliveries(
    core: Core, *, state: str | None = None, endpoint: EndpointRef | None = None, job: JobRef | None = None
) -> Flow[Delivery]:
    """What was sent, newest first, with every attempt."""
    named = params_of(
        [
            ("state", state),
            ("endpoint_id", None if endpoint is None else id_of(endpoint)),
            ("job_id", None if job is None else id_of(job)),
        ]
    )
    return (yield from pages(core, Delivery, path_to("webhooks", "deliveries"), named))


def delivery(core: Core, delivery: DeliveryRef) -> Op[Delivery]:
    """One delivery, with every attempt."""
    return (yield from get(core, Delivery, path_to("webhooks", "deliveries", id_of(delivery))))


def redeliver(core: Core, delivery: DeliveryRef) -> Op[Delivery]:
    """Send it again, with the same `webhook-id`. Raises Conflict while it is on its way anyhow."""
    return (yield from post(core, Delivery, path_to("webhooks", "deliveries", id_of(delivery), "redeliver")))
