"""The sign-in page: by key, by link, out again, and what stands in the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from shared.db.keys import create_key
from shared.db.workspaces import ensure_workspace
from shared.domain.access import SCOPES, Scope
from tests.ui.conftest import OpenPage, Site, login_token

PHONE = {"width": 360, "height": 780}
KeepPicture = Callable[[Page, str], None]


def a_key(site: Site, scopes: Sequence[Scope] = ("jobs:read", "jobs:write")) -> str:
    with site.sessions.begin() as session:
        return create_key(session, ensure_workspace(session, "default"), "test", tuple(scopes))


def run_sql(site: Site, statement: str) -> None:
    with site.sessions.begin() as session:
        session.execute(text(statement))


def sign_in(page: Page, key: str) -> None:
    page.get_by_label("Key", exact=True).fill(key)
    page.get_by_role("button", name="Sign in").click()


def test_a_key_signs_in_and_leads_back_to_where_one_came_from(open_page: OpenPage, site: Site) -> None:
    page = open_page("/?state=failed", signed_in=False).page
    page.get_by_role("alert").get_by_role("link", name="Sign in").click()
    expect(page.get_by_role("heading", name="Sign in", exact=True)).to_be_visible()
    sign_in(page, f"  Bearer {a_key(site)}\n")

    page.wait_for_url(f"{site.url}/?state=failed")
    assert page.evaluate("() => document.cookie") == "mien_signed_in=1"
    assert page.evaluate("() => fetch('/v1/jobs').then((answer) => answer.status)") == 200


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_led_to_another_host_after_signing_in(open_page: OpenPage, site: Site, elsewhere: str) -> None:
    seen = open_page(f"/sign-in?next={elsewhere}", signed_in=False)
    sign_in(seen.page, a_key(site))

    seen.page.wait_for_url(f"{site.url}/")
    assert seen.hosts == {site.url.removeprefix("http://")}


@pytest.mark.parametrize(("typed", "said"), [("", "Paste your key here"), ("hunter2", "A key begins with mien_")])
def test_what_is_no_key_is_said_before_anything_is_sent(open_page: OpenPage, typed: str, said: str) -> None:
    seen = open_page("/sign-in", signed_in=False)
    sign_in(seen.page, typed)

    expect(seen.page.get_by_role("alert")).to_contain_text(said)
    expect(seen.page.get_by_label("Key", exact=True)).to_be_focused()
    expect(seen.page.get_by_label("Key", exact=True)).to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize("ending", ["revoked_at = now()", "expires_at = now()", "secret_sha256 = 'other'"])
def test_a_key_that_is_not_good_is_refused(
    open_page: OpenPage, site: Site, ending: str, keep_picture: KeepPicture
) -> None:
    page = open_page("/sign-in", signed_in=False).page
    key = a_key(site)
    run_sql(site, f"UPDATE api_key SET {ending}")
    sign_in(page, key)

    expect(page.get_by_role("alert")).to_contain_text("This key is not accepted")
    keep_picture(page, "sign-in-refused")


def test_who_tries_too_often_is_asked_to_wait(open_page: OpenPage) -> None:
    page = open_page("/sign-in", signed_in=False).page
    for _ in range(6):
        sign_in(page, "mien_guess")
        expect(page.get_by_role("button", name="Sign in")).to_be_enabled()
    expect(page.get_by_role("alert")).to_contain_text("Wait a few seconds")


def test_who_uses_the_keyboard_alone_can_look_at_the_key_and_sign_in(open_page: OpenPage, site: Site) -> None:
    seen = open_page("/sign-in?next=/settings", signed_in=False)
    key = a_key(site, SCOPES)
    expect(seen.page.get_by_label("Key", exact=True)).to_be_focused()
    seen.page.keyboard.insert_text(key)
    seen.page.keyboard.press("Tab")
    seen.page.keyboard.press("Space")
    expect(seen.page.get_by_role("button", name="Hide")).to_be_focused()
    expect(seen.page.get_by_label("Key", exact=True)).to_have_attribute("type", "text")
    seen.page.keyboard.press("Shift+Tab")
    seen.page.keyboard.press("Enter")

    seen.page.wait_for_url(f"{site.url}/settings*")


def test_signing_out_leaves_nothing_behind(open_page: OpenPage, site: Site) -> None:
    page = open_page("/settings", scopes=SCOPES).page
    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_text("You are signed out.")).to_be_visible()
    assert page.context.cookies() == []
    page.goto(f"{site.url}/settings")
    expect(page.get_by_role("heading", name="Please sign in")).to_be_visible()


def test_a_link_that_was_used_offers_the_other_way(open_page: OpenPage, site: Site) -> None:
    link = f"/login?token={login_token(site)}&next=/?state=failed"
    open_page(link, signed_in=False)
    page = open_page(link, signed_in=False).page
    expect(page.get_by_role("heading", name="This sign-in link no longer works")).to_be_visible()

    sign_in(page, a_key(site))
    page.wait_for_url(f"{site.url}/?state=failed")


def test_who_is_signed_in_is_told_so(open_page: OpenPage) -> None:
    seen = open_page("/sign-in")
    expect(seen.page.get_by_role("status")).to_contain_text("You are signed in to “default”")
    assert seen.complaints == []


def test_korean_readers_get_korean(open_page: OpenPage, keep_picture: KeepPicture) -> None:
    page = open_page("/sign-in?why=out", signed_in=False, locale="ko-KR", viewport=PHONE, color_scheme="dark").page
    expect(page.get_by_role("heading", name="로그인", exact=True)).to_be_visible()
    expect(page.get_by_text("로그아웃했습니다.")).to_be_visible()
    assert page.title() == "로그인 · Mien"
    assert page.evaluate("() => document.documentElement.scrollWidth") == PHONE["width"]
    keep_picture(page, "sign-in-phone-dark")
