"""The settings as a whole, and keys; every change is looked at from outside as well."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from shared.db.endpoints import create_endpoint, send_test
from shared.db.keys import create_key
from shared.db.workspaces import ensure_workspace
from shared.domain.access import SCOPES
from shared.domain.delivery import DELIVERY_STATES, EVENT_TYPES
from shared.webhooks.signing import new_secret
from tests.node import NEEDS_NODE
from tests.receiver import Receiver
from tests.ui.conftest import OpenPage, Site
from tests.ui.operating import a_worker, deliver, make_key, row, secret_in, status_with
from tests.ui.test_accessibility import LOOKS, axe, violations  # noqa: F401 - axe is a fixture

PHONE = {"width": 360, "height": 780}
KeepPicture = Callable[[Page, str], None]
SETTINGS = Path(__file__).resolve().parents[2] / "api" / "ui" / "static" / "settings"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[str]:
    """A page of another origin on the same host, which browsers take for the same site."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_a_key_is_made_in_the_page_and_used_at_once(open_page: OpenPage, site: Site, keep_picture: KeepPicture) -> None:
    seen = open_page("/settings", scopes=SCOPES)
    page = seen.page
    expect(page.get_by_text("No key is in use")).to_be_visible()
    key = make_key(page, "applicant tracking system", "webhooks")

    expect(row(page, "applicant tracking system")).to_contain_text("In use")
    assert row(page, "applicant tracking system").locator(".codes code").all_inner_texts() == [
        "jobs:read",
        "jobs:write",
        "webhooks",
    ]
    assert [status_with(site, key, path) for path in ("/v1/jobs", "/v1/webhooks", "/v1/admin/keys")] == [200, 200, 403]
    assert key not in page.content()
    keep_picture(page, "settings-keys")
    assert seen.complaints == []
    assert seen.hosts == {site.url.removeprefix("http://")}


def test_a_key_is_copied_with_one_press(open_page: OpenPage) -> None:
    page = open_page("/settings", scopes=SCOPES, permissions=["clipboard-read", "clipboard-write"]).page
    page.get_by_role("button", name="Create a key").click()
    page.get_by_label("Name").fill("ats")
    page.get_by_role("dialog").get_by_role("button", name="Create a key").click()
    page.get_by_role("button", name="Copy").click()

    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == secret_in(page)


def test_a_key_needs_a_scope_and_says_so(open_page: OpenPage) -> None:
    page = open_page("/settings", scopes=SCOPES).page
    page.get_by_role("button", name="Create a key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("nothing")
    for scope in ("jobs:read", "jobs:write"):
        dialog.get_by_label(scope).uncheck()
    dialog.get_by_role("button", name="Create a key").click()
    expect(dialog.get_by_role("alert")).to_have_text("Choose at least one scope.")

    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Create a key")).to_be_focused()


def test_a_key_is_rotated_and_revoked_after_a_question(open_page: OpenPage, site: Site) -> None:
    page = open_page("/settings", scopes=SCOPES).page
    old = make_key(page, "ats")
    row(page, "ats").get_by_role("button", name="Rotate").click()
    page.get_by_label("The old secret stays good").select_option("not at all")
    page.get_by_role("dialog").get_by_role("button", name="Rotate").click()
    new = secret_in(page)
    assert (status_with(site, old), status_with(site, new)) == (401, 200)

    row(page, "ats").get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="No, go back").click()
    assert status_with(site, new) == 200
    row(page, "ats").get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("One key that ended")).to_be_visible()
    assert status_with(site, new) == 401


def test_who_revokes_the_key_of_the_own_sign_in_is_signed_out(open_page: OpenPage, site: Site) -> None:
    page = open_page("/sign-in?next=/settings", signed_in=False).page
    with site.sessions.begin() as session:
        key = create_key(session, ensure_workspace(session, "default"), "mine", SCOPES)
    page.get_by_label("Key", exact=True).fill(key)
    page.keyboard.press("Enter")
    expect(row(page, "mine")).to_contain_text("This sign-in")

    row(page, "mine").get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("dialog")).to_contain_text("you will be signed out")
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    page.wait_for_url(f"{site.url}/sign-in?next=%2Fsettings*")


def test_a_session_that_ends_while_the_page_is_open_says_so(open_page: OpenPage, site: Site) -> None:
    page = open_page("/settings#workers", scopes=SCOPES).page
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    with site.sessions.begin() as session:
        session.execute(text("DELETE FROM session"))

    expect(page.get_by_role("heading", name="Please sign in")).to_be_visible(timeout=15_000)
    link = page.get_by_role("alert").get_by_role("link", name="Sign in")
    expect(link).to_have_attribute("href", "/sign-in?next=%2Fsettings%23workers")


def test_an_operator_looks_after_other_workspaces_too(open_page: OpenPage, site: Site) -> None:
    with site.sessions.begin() as session:
        ensure_workspace(session, "acme")
    page = open_page("/settings", scopes=SCOPES).page
    page.get_by_label("Workspace").select_option("acme")
    make_key(page, "of acme")
    expect(row(page, "of acme")).to_be_visible()
    page.get_by_label("Workspace").select_option("default")
    expect(row(page, "of acme")).to_have_count(0)


def test_who_lacks_a_scope_sees_why_and_what_to_do(open_page: OpenPage, site: Site) -> None:
    seen = open_page("/settings#keys", scopes=("jobs:read", "webhooks"))
    page = seen.page
    expect(page.get_by_text("needs a sign-in with the scope “admin”")).to_be_visible()
    expect(page.get_by_text("Yours has: jobs:read, webhooks.")).to_be_visible()
    page.get_by_role("link", name="Webhooks").click()
    expect(page.get_by_role("heading", name="Endpoints")).to_be_visible()
    assert seen.complaints == []

    page.goto(f"{site.url}/settings")
    expect(page.get_by_role("heading", name="Endpoints")).to_be_visible()


def test_the_settings_are_offered_to_those_only_who_have_some(open_page: OpenPage) -> None:
    assert open_page("/settings").page.get_by_role("button", name="Sign out").is_enabled()
    page = open_page("/settings").page
    expect(page.get_by_text("needs a sign-in")).to_be_visible()
    expect(page.get_by_role("navigation").first.get_by_role("link", name="Settings")).to_have_count(0)
    page = open_page("/settings", scopes=("webhooks",)).page
    expect(page.get_by_role("navigation").first.get_by_role("link", name="Settings")).to_be_visible()


def test_a_page_on_another_port_has_the_cookie_and_is_refused_all_the_same(
    open_page: OpenPage, site: Site, elsewhere: str
) -> None:
    page = open_page("/settings", scopes=SCOPES).page
    page.goto(elsewhere)
    send = "(url) => { fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include' }).catch(() => {}); }"
    with page.expect_response("**/rotate") as answered:
        page.evaluate(send, f"{site.url}/v1/webhooks/secret/rotate")

    assert answered.value.status == 403  # and not 401: the browser did send the cookie
    with site.sessions.begin() as session:
        assert session.scalar(text("SELECT webhook_secret FROM workspace")) is None


def test_who_uses_the_keyboard_alone_can_make_a_key(open_page: OpenPage, site: Site) -> None:
    page = open_page("/settings#workers", scopes=SCOPES).page
    page.get_by_role("link", name="Keys").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Create a key")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("by hand")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copy")).to_be_focused()
    key = page.locator("#secret").input_value()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(row(page, "by hand")).to_be_visible()
    assert status_with(site, key) == 200


def test_the_address_and_the_way_back_name_the_section(open_page: OpenPage) -> None:
    page = open_page("/settings#limits", scopes=SCOPES).page
    expect(page.get_by_role("link", name="Retention and limits")).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="Workers and queue").click()
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Open jobs")).to_be_visible()
    assert page.title() == "Retention and limits · Settings · Mien"


@pytest.mark.parametrize("section", ["keys", "webhooks", "limits", "workers"])
def test_korean_readers_with_a_phone_get_korean_that_fits(
    open_page: OpenPage, site: Site, receiver: Receiver, section: str, keep_picture: KeepPicture
) -> None:
    a_worker(site, "worker-1:4711", "cpu", "io", "encode", "write")
    with site.sessions.begin() as session:
        create_key(session, ensure_workspace(session, "default"), "applicant tracking system", SCOPES)
    page = open_page(
        f"/settings#{section}", scopes=SCOPES, locale="ko-KR", viewport=PHONE, has_touch=True, color_scheme="dark"
    ).page
    expect(page.locator(".panel h2").first).to_have_text(re.compile("^(키|엔드포인트|보관 기간과 한도|대기열)$"))
    assert page.evaluate("() => document.documentElement.scrollWidth") == PHONE["width"]
    keep_picture(page, f"settings-{section}-phone-dark")


@NEEDS_NODE
@pytest.mark.parametrize("section", ["keys", "webhooks", "limits", "workers"])
@pytest.mark.parametrize("look", ["light", "phone-dark-korean"])
def test_no_section_has_a_violation(
    open_page: OpenPage,
    site: Site,
    receiver: Receiver,
    axe: str,  # noqa: F811 - the fixture
    section: str,
    look: str,
) -> None:
    a_worker(site, "worker-1:4711", "cpu", "io")
    with site.sessions.begin() as session:
        workspace_id = ensure_workspace(session, "default")
        create_key(session, workspace_id, "applicant tracking system", SCOPES)
        endpoint = create_endpoint(
            session, workspace_id, url=f"{receiver.url}/hook", event_types=(), description=None, secret=new_secret()
        )
    with site.sessions.begin() as session:
        send_test(session, workspace_id, endpoint.id)
    deliver(site)
    page = open_page(f"/settings#{section}", scopes=SCOPES, **LOOKS[look]).page
    page.wait_for_selector("#panel[aria-busy=false] h2")
    if section == "webhooks":
        page.locator(".delivery summary").first.click()
    assert violations(page, axe) == []
    if section in ("keys", "webhooks"):
        page.locator(".head .button.strong").click()
        assert violations(page, axe) == []


def test_the_page_knows_every_scope_event_and_state() -> None:
    """It names them itself, so that nothing has to be asked for before it can be drawn."""

    def named(file: str, name: str) -> set[str]:
        (inside,) = re.findall(rf"const {name} = \[(.*?)\];", (SETTINGS / file).read_text())
        return set(re.findall(r'"([^"]+)"', inside))

    assert named("keys.js", "SCOPES") == set(SCOPES)
    assert named("webhooks.js", "EVENTS") == set(EVENT_TYPES) - {"endpoint.test"}
    assert named("deliveries.js", "STATES") == set(DELIVERY_STATES)
