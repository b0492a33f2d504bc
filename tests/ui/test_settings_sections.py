"""Webhooks, retention and limits, workers and the queue, in the settings page."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect
from sqlalchemy import text

from shared.db.jobs import insert_job
from shared.domain.access import SCOPES
from shared.domain.job import JobRequest
from tests.factories import a_video
from tests.receiver import Receiver, Reply
from tests.ui.conftest import OpenPage, Site
from tests.ui.operating import a_worker, add_and_test_an_endpoint, deliver, row, secret_in

KeepPicture = Callable[[Page, str], None]


def test_an_endpoint_is_added_tested_and_the_delivery_appears_by_itself(
    open_page: OpenPage, site: Site, receiver: Receiver, keep_picture: KeepPicture
) -> None:
    receiver.answer = lambda _: Reply(500, body=b"<b>out of order</b>")
    seen = open_page("/settings#webhooks", scopes=("webhooks",))
    page = seen.page
    expect(page.get_by_text("Nobody is told yet")).to_be_visible()
    add_and_test_an_endpoint(page, receiver, site)

    delivery = page.locator(".delivery").first
    expect(delivery).to_contain_text("500", timeout=10_000)
    delivery.locator("summary").click()
    expect(delivery.locator("pre")).to_have_text("<b>out of order</b>")

    receiver.answer = lambda _: Reply(200, body=b"thank you")
    delivery.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("sent once more")).to_be_visible()
    deliver(site)
    expect(delivery.locator("summary .badge")).to_have_text("Delivered", timeout=10_000)
    expect(delivery.locator("pre")).to_have_text(["<b>out of order</b>", "thank you"])
    assert len({received.id for received in receiver.received}) == 1
    keep_picture(page, "settings-webhooks")
    assert seen.complaints == []


def test_the_log_is_narrowed_by_state_and_endpoint(open_page: OpenPage, site: Site, receiver: Receiver) -> None:
    page = open_page("/settings#webhooks", scopes=SCOPES).page
    add_and_test_an_endpoint(page, receiver, site)
    page.get_by_label("State").select_option("Given up")
    expect(page.get_by_text("Nothing of this kind")).to_be_visible()
    page.get_by_label("State").select_option("Delivered")
    expect(page.locator(".delivery")).to_have_count(1)
    page.get_by_label("Endpoint", exact=True).select_option(f"{receiver.url}/hook")
    expect(page.locator(".delivery")).to_have_count(1)


def test_an_endpoint_is_disabled_enabled_given_a_new_secret_and_deleted(
    open_page: OpenPage, site: Site, receiver: Receiver
) -> None:
    page = open_page("/settings#webhooks", scopes=SCOPES).page
    add_and_test_an_endpoint(page, receiver, site)
    endpoint = row(page, f"{receiver.url}/hook")
    endpoint.get_by_role("button", name="Disable").click()
    expect(endpoint).to_contain_text("Told nothing: disabled by request")
    endpoint.get_by_role("button", name="Enable").click()
    expect(endpoint.locator(".badge")).to_have_text("Active")
    endpoint.get_by_role("button", name="Rotate the secret").click()
    page.get_by_role("dialog").get_by_role("button", name="Rotate the secret").click()
    assert secret_in(page).startswith("whsec_")

    endpoint.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Nobody is told yet")).to_be_visible()
    expect(page.locator(".delivery")).to_contain_text("a deleted endpoint", timeout=10_000)


def test_an_address_that_may_not_be_told_is_refused_where_it_was_typed(open_page: OpenPage) -> None:
    page = open_page("/settings#webhooks", scopes=SCOPES).page
    page.get_by_role("button", name="Add an endpoint").click()
    page.get_by_label("Address").fill("http://10.0.0.1/hook")
    page.get_by_role("dialog").get_by_role("button", name="Add an endpoint").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("MIEN_ALLOWED_NETWORKS")


def test_the_secret_of_the_workspace_can_be_looked_at(open_page: OpenPage) -> None:
    page = open_page("/settings#webhooks", scopes=SCOPES).page
    page.get_by_role("button", name="Show the secret").click()
    first = secret_in(page)
    page.get_by_role("button", name="Show the secret").click()
    assert secret_in(page) == first


def test_limits_and_retention_are_set_and_taken_away(
    open_page: OpenPage, site: Site, keep_picture: KeepPicture
) -> None:
    seen = open_page("/settings#limits", scopes=SCOPES)
    page = seen.page
    expect(page.get_by_label("Recordings, in days")).to_have_attribute("placeholder", "30, as on this server")
    page.get_by_label("Recordings, in days").fill("7.5")
    page.get_by_label("Open jobs").fill("20")
    page.get_by_label("Stored recordings, in GB").fill("1.5")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.get_by_label("Open jobs").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    keep_picture(page, "settings-limits")

    page.reload()
    expect(page.get_by_label("Open jobs")).to_have_value("")
    with site.sessions.begin() as session:
        columns = "video_retention_days, max_open_jobs, max_stored_bytes, result_retention_days"
        found = session.execute(text(f"SELECT {columns} FROM workspace")).one()
    assert tuple(found) == (7.5, None, 1_500_000_000, None)
    assert seen.complaints == []


def test_keeping_results_for_less_time_is_asked_first(open_page: OpenPage, site: Site) -> None:
    page = open_page("/settings#limits", scopes=SCOPES).page
    page.get_by_label("Jobs and results, in days").fill("10")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_contain_text("Keep results for 10 days only?")
    page.get_by_role("button", name="No, go back").click()
    with site.sessions.begin() as session:
        assert session.scalar(text("SELECT result_retention_days FROM workspace")) is None


def test_workers_and_what_waits_are_kept_up_to_date(open_page: OpenPage, site: Site, keep_picture: KeepPicture) -> None:
    seen = open_page("/settings#workers", scopes=SCOPES)
    page = seen.page
    expect(page.get_by_text("No worker has been seen")).to_be_visible()
    with site.sessions.begin() as session:
        insert_job(session, a_video(session), JobRequest())
    expect(page.get_by_role("row", name=re.compile("^auto"))).to_contain_text("nobody serves it", timeout=10_000)

    a_worker(site, "worker-1:4711", "cpu", "io")
    a_worker(site, "worker-2:4711", "gpu")
    with site.sessions.begin() as session:
        session.execute(text("UPDATE worker SET seen_at = now() - interval '5 minutes' WHERE name LIKE 'worker-2%'"))
    expect(row(page, "worker-1:4711")).to_contain_text("Alive", timeout=10_000)
    expect(row(page, "worker-2:4711")).to_contain_text("5 minutes ago")
    expect(row(page, "worker-2:4711")).to_contain_text("Gone")
    expect(page.get_by_role("row", name=re.compile("^auto")).get_by_role("cell").last).to_have_text("1")
    keep_picture(page, "settings-workers")
    assert seen.complaints == []
