"""`mien webhooks …`: who is told of what happens, and what became of it. The key needs the scope `webhooks`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from cli import console
from cli.reach import DEFAULT_HOME, Home, Key, Url, reached

if TYPE_CHECKING:
    from mien import Delivery, Endpoint

PANEL = "Webhooks"
ENDPOINT_HEAD = ("id", "state", "url", "events", "description", "disabled because")
DELIVERY_HEAD = ("id", "event", "state", "attempts", "last", "job", "created")

EndpointId = Annotated[str, typer.Argument(help="As `webhooks list` shows it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one object per line.")]


def register(app: typer.Typer) -> None:
    webhooks = typer.Typer(no_args_is_help=True, help="Create, look after and test webhook endpoints.")
    webhooks.command("list")(list_endpoints)
    for command in (create, rotate, enable, disable, delete, deliveries, redeliver):
        webhooks.command()(command)
    webhooks.command("test")(send_test)
    app.add_typer(webhooks, name="webhooks", rich_help_panel=PANEL)


def list_endpoints(as_json: AsJson = False, url: Url = None, key: Key = None, home: Home = DEFAULT_HOME) -> None:
    """List endpoints, without their secrets."""
    with reached(home, url, key) as client:
        if as_json:
            for endpoint in client.endpoints():
                print(json.dumps(endpoint.raw))
        else:
            console.table(ENDPOINT_HEAD, map(_endpoint_row, client.endpoints()))


def create(
    address: Annotated[str, typer.Argument(help="Which is told, such as https://ats.example/hooks.")],
    event: Annotated[list[str] | None, typer.Option(help="Such as job.succeeded; repeat. Default: all.")] = None,
    description: Annotated[str | None, typer.Option(help="For whoever reads the list.")] = None,
    url: Url = None,
    key: Key = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """Create an endpoint and print its id and its secret, which is shown only now."""
    with reached(home, url, key) as client:
        _print_secret(client.create_endpoint(address, event_types=event or (), description=description))


def rotate(endpoint_id: EndpointId, url: Url = None, key: Key = None, home: Home = DEFAULT_HOME) -> None:
    """Print a new secret of an endpoint; for a day the old one signs beside it."""
    with reached(home, url, key) as client:
        _print_secret(client.rotate_endpoint(endpoint_id))


def enable(endpoint_id: EndpointId, url: Url = None, key: Key = None, home: Home = DEFAULT_HOME) -> None:
    """Tell an endpoint of events again, from now on."""
    with reached(home, url, key) as client:
        client.enable_endpoint(endpoint_id)


def disable(endpoint_id: EndpointId, url: Url = None, key: Key = None, home: Home = DEFAULT_HOME) -> None:
    """Tell an endpoint nothing more; what it misses can be redelivered."""
    with reached(home, url, key) as client:
        client.disable_endpoint(endpoint_id)


def delete(endpoint_id: EndpointId, url: Url = None, key: Key = None, home: Home = DEFAULT_HOME) -> None:
    """Forget an endpoint; the log of its deliveries stays."""
    with reached(home, url, key) as client:
        client.delete_endpoint(endpoint_id)


def send_test(endpoint_id: EndpointId, url: Url = None, key: Key = None, home: Home = DEFAULT_HOME) -> None:
    """Send a test event, and print the id of its delivery."""
    with reached(home, url, key) as client:
        print(client.test_endpoint(endpoint_id).id)


def deliveries(
    state: Annotated[str | None, typer.Option(help="Such as dead.")] = None,
    endpoint: Annotated[str | None, typer.Option(help="Id of the endpoint.")] = None,
    job: Annotated[str | None, typer.Option(help="Id of the job.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="At most so many; 0: all.")] = 50,
    as_json: AsJson = False,
    url: Url = None,
    key: Key = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """List what was sent, newest first; with --json every attempt is told."""
    with reached(home, url, key) as client:
        found = islice(client.deliveries(state=state, endpoint=endpoint, job=job), limit or None)
        _print_deliveries(found, as_json=as_json)


def redeliver(
    delivery_ids: Annotated[list[str], typer.Argument(help="As `webhooks deliveries` shows them.")],
    url: Url = None,
    key: Key = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """Send deliveries again."""
    from cli.failing import each

    with reached(home, url, key) as client:
        each(delivery_ids, client.redeliver)


def _print_secret(endpoint: Endpoint) -> None:
    console.table(("id", "secret"), [(endpoint.id, endpoint.secret or "-")])


def _print_deliveries(found: Iterable[Delivery], *, as_json: bool) -> None:
    if as_json:
        for delivery in found:
            print(json.dumps(delivery.raw), flush=True)
    else:
        console.table(DELIVERY_HEAD, map(_delivery_row, found))


def _endpoint_row(endpoint: Endpoint) -> tuple[str, ...]:
    told = ",".join(endpoint.event_types) or "all"
    return (
        endpoint.id,
        endpoint.state,
        endpoint.url,
        told,
        endpoint.description or "-",
        endpoint.disabled_reason or "-",
    )


def _delivery_row(delivery: Delivery) -> tuple[str, ...]:
    last = delivery.attempts[-1] if delivery.attempts else None
    outcome = str(last.status or last.error) if last else "-"
    created = delivery.created_at.astimezone().isoformat(sep=" ", timespec="seconds")
    count = str(len(delivery.attempts))
    return (delivery.id, delivery.event_type, delivery.state, count, outcome, delivery.job_id or "-", created)
