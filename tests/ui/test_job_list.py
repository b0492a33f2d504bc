"""The list of recordings: it stays true by itself, and everything about a recording can be done from it."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect
from sqlalchemy import text

from shared.db.jobs import cancel_job
from shared.db.steps import report_progress
from shared.db.workspaces import ensure_workspace
from shared.domain.errors import UnsupportedMedia
from shared.domain.ids import job_id_of, to_wire
from tests.factories import a_plan, claim
from tests.ui.conftest import OpenPage, Site
from tests.ui.recorded import failed, finished, queued, started

KeepPicture = Callable[[Page, str], None]


def call(site: Site, job_id: str, reference: str) -> None:
    with site.sessions.begin() as session:
        named = {"reference": reference, "id": job_id_of(job_id)}
        session.execute(text("UPDATE job SET reference = :reference WHERE id = :id"), named)


def test_the_list_leads_to_reports(open_page: OpenPage, site: Site) -> None:
    finished(site)
    seen = open_page("/")
    expect(seen.page.locator(".job .badge")).to_have_text("Done")
    seen.page.get_by_role("link", name="interview.mp4").click()
    expect(seen.page.get_by_role("img", name="Score")).to_be_visible()
    assert seen.complaints == []


def test_the_list_shows_what_happens_while_one_looks(open_page: OpenPage, site: Site) -> None:
    page = open_page("/").page
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    job_id = started(site, a_plan(1, samples_each=60))
    expect(page.locator(".job .badge")).to_have_text("Analysing 0%")
    taken = claim(site.sessions)
    with site.sessions.begin() as session:
        report_progress(session, taken, 30)
    expect(page.locator(".job .badge")).to_have_text("Analysing 50%")
    with site.sessions.begin() as session:
        cancel_job(session, ensure_workspace(session, "default"), job_id)
    expect(page.locator(".job .badge")).to_have_text("Stopping")


def test_newer_recordings_stand_above_older_ones(open_page: OpenPage, site: Site) -> None:
    finished(site)
    page = open_page("/").page
    expect(page.locator(".job")).to_have_count(1)
    failed(site, UnsupportedMedia("This is a text file."))
    expect(page.locator(".job .badge")).to_have_text(["Failed", "Done"])


def test_filters_narrow_the_list_and_survive_a_reload(
    open_page: OpenPage, site: Site, keep_picture: KeepPicture
) -> None:
    call(site, finished(site), "candidate-17")
    failed(site, UnsupportedMedia("This is a text file."))
    queued(site)
    page = open_page("/").page
    expect(page.locator(".job")).to_have_count(3)
    keep_picture(page, "home")
    page.get_by_label("State").select_option(label="Failed")
    expect(page.locator(".job .badge")).to_have_text(["Failed"])
    page.reload()
    expect(page.locator(".job .badge")).to_have_text(["Failed"])
    page.get_by_role("button", name="Show all").click()
    expect(page.locator(".job")).to_have_count(3)
    page.get_by_role("searchbox", name="Reference").fill("candidate-17")
    page.keyboard.press("Enter")
    expect(page.locator(".job .badge")).to_have_text(["Done"])
    page.get_by_role("searchbox", name="Reference").fill("candidate-18")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No recording matches these filters.")).to_be_visible()


def test_a_job_is_canceled_and_tried_again_from_the_list(open_page: OpenPage, site: Site) -> None:
    queued(site)
    page = open_page("/").page
    page.get_by_role("button", name="Cancel interview.mp4").click()
    expect(page.locator(".job .badge")).to_have_text(["Canceled"])


def test_what_cannot_be_done_says_why(open_page: OpenPage, site: Site) -> None:
    failed(site, UnsupportedMedia("This is a text file."))
    with site.sessions.begin() as session:
        session.execute(text("UPDATE video SET state = 'deleted', original_name = ''"))
    page = open_page("/").page
    page.get_by_role("button", name="Try again with Recording").click()
    expect(page.locator(".job").get_by_role("alert")).not_to_be_empty()


def test_erasing_asks_first(open_page: OpenPage, site: Site, keep_picture: KeepPicture) -> None:
    job_id = finished(site)
    page = open_page("/").page
    page.get_by_role("button", name="Erase interview.mp4").click()
    dialog = page.get_by_role("dialog", name="Erase “interview.mp4”?")
    expect(dialog).to_contain_text("cannot be undone")
    keep_picture(page, "erase-question")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator(".job")).to_have_count(1)

    page.get_by_role("button", name="Erase interview.mp4").click()
    page.get_by_role("button", name="Erase for good").click()
    expect(page.locator(".job")).to_have_count(0)
    page.goto(f"{site.url}/jobs/{job_id}")
    expect(page.get_by_role("heading", name="This recording was erased")).to_be_visible()


def test_two_recordings_are_chosen_for_comparison(open_page: OpenPage, site: Site) -> None:
    first, second = finished(site), finished(site)
    finished(site)
    page = open_page("/").page
    boxes = page.get_by_role("checkbox")
    boxes.nth(2).check()
    boxes.nth(1).check()
    expect(boxes).to_have_count(2)  # a third one finds no room beside them
    link = page.get_by_role("link", name="Compare these two")
    assert link.get_attribute("href") == f"/compare?job={first}&job={second}"


def test_long_lists_come_in_parts(open_page: OpenPage, site: Site) -> None:
    for _ in range(105):
        queued(site)
    with site.sessions.begin() as session:
        session.execute(text("UPDATE job SET state = 'canceled', finished_at = now()"))
    page = open_page("/").page
    expect(page.locator(".job")).to_have_count(20)
    page.get_by_role("button", name="Show more").click()
    expect(page.locator(".job")).to_have_count(100)
    page.get_by_role("button", name="Show more").click()
    expect(page.locator(".job")).to_have_count(105)
    expect(page.get_by_role("button", name="Show more")).to_be_hidden()


def test_the_list_goes_on_after_the_server_was_away(open_page: OpenPage, site: Site) -> None:
    page = open_page("/").page
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    page.context.set_offline(True)
    job_id = to_wire("job", queued(site))
    page.context.set_offline(False)
    expect(page.locator(f'.job a[href="/jobs/{job_id}"]')).to_be_visible(timeout=15_000)
