"""Webhooks: who is told, with which secret, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session

from api.cursors import page_of
from api.deps import Ctx, Db, principal_with
from api.idempotency import Idempotency, key_to, make_once, read_key
from api.params import Cursor
from api.schemas.links import LinksDep
from api.schemas.problem import problems
from api.schemas.webhook import (
    DeliveryOut,
    DeliveryPage,
    EndpointIn,
    EndpointList,
    EndpointOut,
    EndpointWithSecret,
    SecretOut,
)
from api.submit import id_in_field
from shared.db import endpoints
from shared.db.delivery_log import DeliveryFilter, get_delivery, list_deliveries, redeliver
from shared.db.endpoints import create_endpoint, get_endpoint, list_endpoints, rotate_secret, send_test
from shared.domain.access import Principal
from shared.domain.delivery import DeliveryState
from shared.domain.errors import AddressNotAllowed
from shared.domain.ids import (
    DeliveryId,
    EndpointId,
    WorkspaceId,
    delivery_id_of,
    endpoint_id_of,
    job_id_of,
)
from shared.outbound.addresses import check_url
from shared.webhooks.signing import new_secret

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

MAX_PAGE = 200

Owner = Annotated[Principal, Depends(principal_with("webhooks"))]


def _checked_url(body: EndpointIn, context: Ctx) -> EndpointIn:
    """Looked up after the key was checked and before a transaction is opened: names may take seconds."""
    try:
        check_url(body.url, context.settings.networks())
    except AddressNotAllowed as error:
        raise AddressNotAllowed(error.detail, field="url") from None
    return body


class _Once:
    """What a request makes in its transaction, or made when it came with the same key before."""

    def __init__(self, request: Request, session: Db) -> None:
        self.session = session
        self._key = read_key(request)

    def made(self, owner: Principal, operation: str, content: dict[str, Any], make: Callable[[Session], UUID]) -> UUID:
        made_id, _ = make_once(self.session, owner.workspace_id, key_to(self._key, operation, content), make)
        return made_id

    def with_secret(
        self, owner: Principal, operation: str, content: dict[str, Any], make: Callable[[Session], UUID]
    ) -> EndpointWithSecret:
        made_id = EndpointId(self.made(owner, operation, content, make))
        endpoint = get_endpoint(self.session, owner.workspace_id, made_id)
        return EndpointWithSecret.with_secret(endpoint, endpoints.secret_of(self.session, endpoint.id))


@router.post("", status_code=201, responses=problems(403, 409, 422))
def create(
    owner: Owner,
    body: Annotated[EndpointIn, Depends(_checked_url)],
    once: Annotated[_Once, Depends()],
    response: Response,
    links: LinksDep,
    _: Idempotency = None,
) -> EndpointWithSecret:
    """Be told of events at an address. The secret that signs them is shown now and not again."""

    def make(session: Session) -> EndpointId:
        return create_endpoint(
            session,
            owner.workspace_id,
            url=body.url,
            event_types=tuple(dict.fromkeys(body.event_types)),
            description=body.description,
            secret=new_secret(),
        ).id

    endpoint = once.with_secret(owner, "endpoint", body.model_dump(mode="json"), make)
    response.headers["Location"] = links.endpoint(endpoint.id)
    return endpoint


@router.get("", responses=problems(403))
def list_all(session: Db, owner: Owner) -> EndpointList:
    """The endpoints of the workspace, oldest first."""
    return EndpointList(items=[EndpointOut.of(endpoint) for endpoint in list_endpoints(session, owner.workspace_id)])


@router.get("/secret", responses=problems(403))
def show_secret(session: Db, owner: Owner) -> SecretOut:
    """The workspace's secret, which signs what goes to the `webhook_url` of a job."""
    return SecretOut(secret=endpoints.workspace_secret(session, owner.workspace_id, new_secret()))


@router.post("/secret/rotate", responses=problems(403, 409, 422))
def rotate_workspace_secret(owner: Owner, once: Annotated[_Once, Depends()], _: Idempotency = None) -> SecretOut:
    """A new secret for the workspace; for a day the old one signs beside it."""

    def make(session: Session) -> WorkspaceId:
        endpoints.rotate_workspace_secret(session, owner.workspace_id, new_secret())
        return owner.workspace_id

    once.made(owner, "workspace secret", {}, make)
    return SecretOut(secret=endpoints.workspace_secret(once.session, owner.workspace_id, new_secret()))


@router.get("/deliveries", responses=problems(403, 422))
def list_log(
    session: Db,
    owner: Owner,
    state: DeliveryState | None = None,
    endpoint_id: str | None = None,
    job_id: str | None = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
    cursor: Cursor = None,
) -> DeliveryPage:
    """What was sent, newest first, with every attempt."""
    wanted = DeliveryFilter(
        state=state,
        endpoint_id=id_in_field(endpoint_id_of, endpoint_id, "endpoint_id") if endpoint_id else None,
        job_id=id_in_field(job_id_of, job_id, "job_id") if job_id else None,
    )
    before = id_in_field(delivery_id_of, cursor, "cursor") if cursor else None
    found = list_deliveries(session, owner.workspace_id, wanted, limit=limit + 1, before=before)
    page, more = page_of(found, limit, "dlv")
    return DeliveryPage(items=[DeliveryOut.of(delivery) for delivery in page], next_cursor=more)


@router.get("/deliveries/{delivery_id}", responses=problems(403, 404))
def show_delivery(delivery_id: str, session: Db, owner: Owner) -> DeliveryOut:
    """One delivery, with every attempt."""
    return DeliveryOut.of(get_delivery(session, owner.workspace_id, delivery_id_of(delivery_id)))


@router.post("/deliveries/{delivery_id}/redeliver", status_code=202, responses=problems(403, 404, 409, 422))
def send_again(delivery_id: str, owner: Owner, once: Annotated[_Once, Depends()], _: Idempotency = None) -> DeliveryOut:
    """Send it again now, with the same `webhook-id`."""
    wanted = delivery_id_of(delivery_id)

    def make(session: Session) -> DeliveryId:
        redeliver(session, owner.workspace_id, wanted)
        return wanted

    once.made(owner, "redeliver", {"delivery": delivery_id}, make)
    return DeliveryOut.of(get_delivery(once.session, owner.workspace_id, wanted))


@router.get("/{endpoint_id}", responses=problems(403, 404))
def show(endpoint_id: str, session: Db, owner: Owner) -> EndpointOut:
    """Its address, its state and, if it is disabled, why."""
    return EndpointOut.of(get_endpoint(session, owner.workspace_id, endpoint_id_of(endpoint_id)))


@router.post("/{endpoint_id}/rotate", responses=problems(403, 404, 409, 422))
def rotate(
    endpoint_id: str, owner: Owner, once: Annotated[_Once, Depends()], _: Idempotency = None
) -> EndpointWithSecret:
    """A new secret; for a day the old one signs beside it."""
    wanted = endpoint_id_of(endpoint_id)

    def make(session: Session) -> EndpointId:
        return rotate_secret(session, owner.workspace_id, wanted, new_secret()).id

    return once.with_secret(owner, "rotate", {"endpoint": endpoint_id}, make)


@router.post("/{endpoint_id}/enable", responses=problems(403, 404, 409, 422))
def enable(endpoint_id: str, owner: Owner, once: Annotated[_Once, Depends()], _: Idempotency = None) -> EndpointOut:
    """Tell it of events again, from now on. Doing it again changes nothing."""
    wanted = endpoint_id_of(endpoint_id)

    def make(session: Session) -> EndpointId:
        return endpoints.enable_endpoint(session, owner.workspace_id, wanted).id

    once.made(owner, "enable", {"endpoint": endpoint_id}, make)
    return EndpointOut.of(get_endpoint(once.session, owner.workspace_id, wanted))


@router.post("/{endpoint_id}/disable", responses=problems(403, 404, 409, 422))
def disable(endpoint_id: str, owner: Owner, once: Annotated[_Once, Depends()], _: Idempotency = None) -> EndpointOut:
    """Tell it nothing more; what waits becomes dead, and can be redelivered once it is enabled."""
    wanted = endpoint_id_of(endpoint_id)

    def make(session: Session) -> EndpointId:
        return endpoints.disable_endpoint(session, owner.workspace_id, wanted).id

    once.made(owner, "disable", {"endpoint": endpoint_id}, make)
    return EndpointOut.of(get_endpoint(once.session, owner.workspace_id, wanted))


@router.post("/{endpoint_id}/test", status_code=202, responses=problems(403, 404, 409, 422))
def send_test_event(
    endpoint_id: str, owner: Owner, context: Ctx, once: Annotated[_Once, Depends()], _: Idempotency = None
) -> DeliveryOut:
    """Send an `endpoint.test` event; the answer is its delivery, which tells how it went."""
    wanted = endpoint_id_of(endpoint_id)

    def make(session: Session) -> DeliveryId:
        delivery_id = send_test(session, owner.workspace_id, wanted)
        session.flush()
        return delivery_id

    made = once.made(owner, "test", {"endpoint": endpoint_id}, make)
    context.hints.hint("io")  # may come before the commit and find nothing: the crew also looks by itself
    return DeliveryOut.of(get_delivery(once.session, owner.workspace_id, DeliveryId(made)))


@router.delete("/{endpoint_id}", status_code=204, responses=problems(403, 404))
def delete(endpoint_id: str, session: Db, owner: Owner) -> None:
    """Forget the endpoint; the log of its deliveries stays."""
    endpoints.delete_endpoint(session, owner.workspace_id, endpoint_id_of(endpoint_id))
