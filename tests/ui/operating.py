"""What an operator does with the settings page, and what is looked at from outside of it."""

from __future__ import annotations

import re

import httpx2
from playwright.sync_api import Locator, Page, expect

from shared.db.workers import note_worker
from shared.domain.access import Scope
from shared.domain.clock import utc_now
from shared.domain.links import Links
from shared.domain.worker import WorkerFacts
from shared.outbound.addresses import parse_networks
from shared.outbound.client import OutboundClient
from shared.webhooks.payload import PayloadPolicy
from tests.receiver import Receiver
from tests.ui.conftest import Site
from worker.deliver import Deliverer


def deliver(site: Site) -> None:
    """Everything that is due now, as a worker does it."""
    client = OutboundClient(parse_networks(["127.0.0.0/8"]))
    policy = PayloadPolicy(links=Links("https://mien.example"))
    deliverer = Deliverer(
        sessions=site.sessions, client=client, policy=policy, name="w", lease_s=45.0, random=lambda: 0.0
    )
    while errand := deliverer.find():
        errand()


def a_worker(site: Site, name: str, *classes: str) -> None:
    facts = WorkerFacts(name=name, classes=classes, engine="litert", analysers=2, version="0.1.0", started_at=utc_now())
    with site.sessions.begin() as session:
        note_worker(session, facts)


def status_with(site: Site, key: str, path: str = "/v1/jobs") -> int:
    answer = httpx2.get(site.url + path, headers={"Authorization": f"Bearer {key}"}, trust_env=False)
    return answer.status_code


def secret_in(page: Page) -> str:
    """What the dialog shows once; closes it."""
    field = page.get_by_role("dialog").locator("#secret")
    expect(field).to_be_visible()
    secret = field.input_value()
    page.get_by_role("button", name="I have kept it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    return secret


def make_key(page: Page, name: str, *more: Scope) -> str:
    page.get_by_role("button", name="Create a key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(name)
    for scope in more:
        dialog.get_by_label(scope).check()
    dialog.get_by_role("button", name="Create a key").click()
    return secret_in(page)


def row(page: Page, words: str) -> Locator:
    return page.locator(".row", has_text=words)


def add_and_test_an_endpoint(page: Page, receiver: Receiver, site: Site) -> None:
    page.get_by_role("button", name="Add an endpoint").click()
    page.get_by_label("Address").fill(f"{receiver.url}/hook")
    page.get_by_role("dialog").get_by_role("button", name="Add an endpoint").click()
    assert secret_in(page).startswith("whsec_")
    page.get_by_role("button", name=re.compile("^Send a test")).click()
    expect(page.locator(".delivery .badge").first).to_have_text("Waiting")
    deliver(site)
    receiver.wait_for(1)
