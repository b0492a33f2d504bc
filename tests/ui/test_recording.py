"""Recording an answer in the browser, with a camera that sees a recording of ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from cli.keys import login_link
from cli.run import start
from cli.stack.stack import EmbeddedStack
from tests.ui.camera import camera_arguments, find_chromium
from tests.ui.conftest import ARGUMENTS, OpenPage, Site
from tests.ui.lines import row
from tests.ui.studio import PATIENCE_MS, act, choose_question, length_s, only_job, record, stop, wait_until_sent

ALLOWED: dict[str, Any] = {"permissions": ["camera", "microphone"]}
ANALYSIS_MS = 120_000
QUESTION = "Why do you want to work with us?"
SHA256_OF_PIECES = """async () => {
    const { entries, piecesOf } = await import("/static/send/kept.js");
    const [{ id }] = await entries();
    const bytes = await new Blob(await piecesOf(id)).arrayBuffer();
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Instead of the one without a camera."""
    arguments = [*ARGUMENTS, *camera_arguments(tmp_path_factory.mktemp("camera"))]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    return open_page("/", **ALLOWED).page


def test_an_answer_is_sent_while_it_is_recorded_and_stored_whole(open_page: OpenPage, site: Site) -> None:
    seen = open_page("/", **ALLOWED)
    page = seen.page
    choose_question(page, QUESTION)
    record(page, until_sent=True)
    (upload,) = page.request.get(f"{site.url}/v1/uploads").json()["items"]
    assert upload["offset_bytes"] > 0
    assert upload["length_bytes"] is None
    stop(page)
    recorded = page.evaluate(SHA256_OF_PIECES)
    act(page, "Use this answer")
    job = only_job(page, site)
    assert job["metadata"] == {"question": QUESTION}
    video = page.request.get(f"{site.url}/v1/videos/{job['video_id']}").json()
    assert re.fullmatch(r"Answer \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d\.(mp4|webm)", video["name"])
    assert video["sha256"] == recorded
    assert length_s(site.storage) > 2
    expect(page.locator(".upload")).to_have_count(0)
    assert seen.complaints == []
    assert {host for host in seen.hosts if host} == {site.url.removeprefix("http://")}


def test_retaking_removes_the_first_attempt_from_the_server(page: Page, site: Site) -> None:
    record(page, until_sent=True)
    stop(page)
    with page.expect_response(lambda answer: answer.request.method == "DELETE" and answer.status == 204):
        act(page, "Retake")
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    assert page.request.get(f"{site.url}/v1/uploads").json()["items"] == []
    assert [path for path in site.storage.rglob("*") if path.is_file()] == []
    record(page, until_sent=True)
    stop(page)
    act(page, "Use this answer")
    only_job(page, site)


def test_discarding_leaves_nothing(page: Page, site: Site) -> None:
    record(page, until_sent=True)
    stop(page)
    with page.expect_response(lambda answer: answer.request.method == "DELETE" and answer.status == 204):
        act(page, "Discard")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Open the camera")).to_be_focused()
    assert [path for path in site.storage.rglob("*") if path.is_file()] == []


def test_what_a_reload_cut_off_can_be_used_as_it_is(page: Page, site: Site) -> None:
    record(page, until_sent=True)
    page.once("dialog", lambda question: question.accept())
    page.reload()
    expect(row(page)).to_contain_text("Recorded here, and not used yet")
    row(page).get_by_role("button", name="Use it").click()
    only_job(page, site)
    assert length_s(site.storage) > 1


def test_what_a_reload_cut_off_can_be_discarded(page: Page, site: Site) -> None:
    record(page, until_sent=True)
    page.once("dialog", lambda question: question.accept())
    page.reload()
    with page.expect_response(lambda answer: answer.request.method == "DELETE" and answer.status == 204):
        row(page).get_by_role("button", name="Discard").click()
    expect(row(page)).to_have_count(0)
    assert page.request.get(f"{site.url}/v1/uploads").json()["items"] == []


def test_a_cut_connection_loses_nothing_of_an_answer(page: Page, site: Site) -> None:
    record(page, until_sent=True)
    page.context.set_offline(offline=True)
    expect(page.get_by_text("The connection is down. Go on")).to_be_visible(timeout=PATIENCE_MS)
    stop(page)
    act(page, "Use this answer")
    expect(row(page)).to_contain_text("The connection is down")
    page.context.set_offline(offline=False)
    only_job(page, site)
    assert length_s(site.storage) > 3


def test_an_answer_can_be_left_for_later(page: Page, site: Site) -> None:
    record(page, until_sent=True)
    stop(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(row(page)).to_contain_text("Recorded here, and not used yet")
    row(page).get_by_role("button", name="Use it").click()
    only_job(page, site)


def test_pauses_are_not_recorded(page: Page) -> None:
    record(page, until_sent=True)
    act(page, "Pause")
    expect(page.locator(".stage-sign")).to_contain_text("Paused")
    expect(page.get_by_role("button", name="Go on")).to_be_focused()
    before = page.get_by_role("timer").inner_text()
    page.wait_for_timeout(2500)
    assert page.get_by_role("timer").inner_text() == before
    act(page, "Go on")
    expect(page.locator(".stage-sign")).to_contain_text("Recording")
    expect(page.get_by_role("timer")).not_to_have_text(before)
    stop(page)


def test_everything_works_by_keyboard(page: Page, site: Site) -> None:
    page.get_by_role("button", name="Open the camera").focus()
    for name in ("Start", "Start now", "Stop"):
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name=name, exact=True)).to_be_focused(timeout=PATIENCE_MS)
    expect(page.locator("dialog [role=status]").last).to_have_text("Recording")
    wait_until_sent(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Use this answer")).to_be_focused()
    expect(page.locator("dialog [role=status]").last).to_contain_text("Stopped.")
    page.keyboard.press("Enter")
    only_job(page, site)
    expect(page.get_by_role("button", name="Open the camera")).to_be_focused()


def test_the_count_goes_down_by_itself_and_can_be_left(page: Page, site: Site) -> None:
    act(page, "Open the camera")
    act(page, "Start")
    expect(page.locator("dialog [role=status]").last).to_have_text("3")
    page.keyboard.press("Escape")
    act(page, "Start")
    for left in ("3", "2", "1", "Recording"):
        expect(page.locator("dialog [role=status]").last).to_have_text(left)


def test_questions_are_kept_and_changed(page: Page) -> None:
    act(page, "Open the camera")
    act(page, "Edit the list")
    page.get_by_label("Question 1", exact=True).fill("What do you read?")
    page.get_by_role("button", name="Remove question 2").click()
    act(page, "Add a question")
    page.keyboard.type("Anything else?")
    page.keyboard.press("Tab")
    page.reload()
    act(page, "Open the camera")
    expect(page.locator(".asked-text")).to_have_text("What do you read?")
    expect(page.get_by_text("Question 1 of 6")).to_be_visible()
    act(page, "Edit the list")
    expect(page.get_by_label("Question 6", exact=True)).to_have_value("Anything else?")
    act(page, "Back to the default questions")
    expect(page.locator(".asked-text")).to_have_text("Tell me about yourself.")
    act(page, "No question")
    expect(page.locator(".asked-text")).to_have_text("No question: say what you like.")


def test_without_permission_it_says_what_to_do(open_page: OpenPage) -> None:
    page = open_page("/").page
    act(page, "Open the camera")
    expect(page.get_by_role("dialog")).to_contain_text("The browser may not use the camera.")
    expect(page.get_by_role("dialog")).to_contain_text("Allow camera and microphone for this page")
    page.context.grant_permissions(["camera", "microphone"])
    act(page, "Try again")
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        ("Object.defineProperty(window, 'isSecureContext', { value: false })", "only to pages over https"),
        ("delete window.MediaRecorder", "This browser cannot record."),
        (
            "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotFoundError') }",
            "No camera was found.",
        ),
        (
            "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotReadableError') }",
            "Another program may be using it.",
        ),
    ],
)
def test_each_obstacle_has_its_words(page: Page, break_it: str, words: str) -> None:
    page.evaluate(f"() => {{ {break_it} }}")
    act(page, "Open the camera")
    expect(page.get_by_role("dialog")).to_contain_text(words)
    expect(page.get_by_role("button", name="Try again")).to_be_focused()


def test_without_a_microphone_the_picture_alone_is_recorded(page: Page, site: Site) -> None:
    page.evaluate(
        """() => {
            const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
            navigator.mediaDevices.getUserMedia = async (wanted) => {
                if (wanted.audio) throw new DOMException("", "NotFoundError");
                return real(wanted);
            };
        }"""
    )
    act(page, "Open the camera")
    expect(page.get_by_text("recorded without sound")).to_be_visible()
    record(page, until_sent=True)
    stop(page)
    act(page, "Use this answer")
    only_job(page, site)


def test_a_small_screen_shows_all_of_it(open_page: OpenPage, keep_picture: Callable[[Page, str], None]) -> None:
    page = open_page("/", viewport={"width": 360, "height": 640}, color_scheme="dark", **ALLOWED).page
    act(page, "Open the camera")
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_in_viewport(ratio=1)
    act(page, "Edit the list")
    keep_picture(page, "studio-360-dark")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.get_by_role("dialog").evaluate("(it) => it.scrollWidth <= it.clientWidth")


def test_it_speaks_korean(open_page: OpenPage) -> None:
    page = open_page("/", locale="ko-KR", **ALLOWED).page
    page.get_by_role("button", name="카메라 켜기").click()
    expect(page.locator(".asked-text")).to_have_text("자기소개를 해 주세요.")
    page.get_by_role("button", name="시작", exact=True).click()
    page.get_by_role("button", name="바로 시작").click()
    expect(page.locator(".stage-sign")).to_contain_text("녹화 중")


def test_an_answer_becomes_a_report(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")
    with EmbeddedStack(home, port=0, analysers=1) as stack:
        start(stack, home)
        context = browser.new_context(locale="en-US", **ALLOWED)
        page = context.new_page()
        page.goto(login_link(home, stack.url, "default", ("jobs:read", "jobs:write")))
        record(page, until_sent=True)
        page.wait_for_timeout(4000)
        stop(page)
        act(page, "Use this answer")
        expect(page.locator(".job .badge")).to_have_text("Done", timeout=ANALYSIS_MS)
        page.locator(".job a").first.click()
        expect(page.get_by_role("img", name="Score")).to_be_visible(timeout=PATIENCE_MS)
        context.close()
