"""Recordings on their way from a browser: many, slow, cut, left alone, and refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Request, Route, expect

from shared.db.uploads import drop_upload
from shared.db.workspaces import ensure_workspace
from shared.domain.errors import UploadLocked
from shared.domain.ids import upload_id_of
from tests.chaos.waiting import until
from tests.ui.conftest import OpenPage, Site
from tests.ui.lines import choose, open_uploads, requests_of, row, send_partly, sha256, slow, stored, throttle

PART_BYTES = 4 * 1024 * 1024  # as static/send/transfer.js sends them
PATIENCE_MS = 20_000
NO_ROOM = "navigator.storage.estimate = async () => ({ quota: 1, usage: 1 })"
DROP_FROM_DISK = """async ([size]) => {
    const folder = await navigator.storage.getDirectory();
    const handle = await folder.getFileHandle("large.mp4", { create: true });
    const writer = await handle.createWritable();
    await writer.write(new Uint8Array(size).fill(7));
    await writer.close();
    const file = await handle.getFile();
    const item = { kind: "file", getAsFile: () => file, getAsFileSystemHandle: async () => handle };
    const drop = Object.assign(new Event("drop", { bubbles: true }), { dataTransfer: { items: [item] } });
    document.querySelector(".drop").dispatchEvent(drop);
}"""

MakeFile = Callable[..., Path]


@pytest.fixture
def make_file(tmp_path: Path) -> MakeFile:
    """A file of random bytes: `make_file("answer.mp4", parts=3)`."""

    def make(name: str = "answer.mp4", *, parts: float = 3.0) -> Path:
        path = tmp_path / name
        path.write_bytes(os.urandom(int(parts * PART_BYTES)))
        return path

    return make


def test_many_files_are_sent_two_at_a_time(open_page: OpenPage, site: Site, make_file: MakeFile) -> None:
    seen = open_page("/")
    busy: list[int] = []
    underway: set[str] = set()

    def note(request: Request) -> None:
        if request.method == "PATCH":
            underway.add(request.url)
            busy.append(len(underway))

    slow(seen.page)
    seen.page.on("request", note)
    seen.page.on("requestfinished", lambda request: underway.discard(request.url))
    files = [make_file(f"answer-{number}.mp4", parts=0.3) for number in range(5)]
    choose(seen.page, *files)
    expect(seen.page.locator(".job")).to_have_count(5, timeout=PATIENCE_MS)
    assert stored(seen.page, site) == {file.name: sha256(file) for file in files}
    assert max(busy) == 2
    assert seen.complaints == []
    assert seen.hosts == {site.url.removeprefix("http://")}


def test_a_reload_in_the_middle_goes_on_where_it_was(open_page: OpenPage, site: Site, make_file: MakeFile) -> None:
    page, file = open_page("/").page, make_file()
    begun = requests_of(page, "POST", "/v1/uploads")
    send_partly(page, file)
    page.reload()
    expect(page.locator(".job")).to_contain_text(file.name, timeout=PATIENCE_MS)
    assert stored(page, site) == {file.name: sha256(file)}
    assert len(begun) == 1
    expect(page.locator(".upload")).to_have_count(0)


def test_a_cut_connection_goes_on_by_itself(open_page: OpenPage, site: Site, make_file: MakeFile) -> None:
    page, file = open_page("/").page, make_file()
    line = send_partly(page, file)
    throttle(line, offline=True)
    expect(row(page)).to_contain_text("The connection is down")
    throttle(line, offline=False)
    expect(page.locator(".job")).to_contain_text(file.name, timeout=PATIENCE_MS)
    assert stored(page, site) == {file.name: sha256(file)}


def test_an_answer_that_was_lost_makes_no_second_job(open_page: OpenPage, site: Site, make_file: MakeFile) -> None:
    page = open_page("/").page
    page.route("**/v1/jobs", lose_the_answer, times=1)
    choose(page, make_file(parts=0.1))
    expect(page.locator(".job")).to_have_count(1)
    expect(row(page)).to_have_count(0, timeout=PATIENCE_MS)
    assert len(page.request.get(f"{site.url}/v1/jobs").json()["items"]) == 1


def test_pausing_and_going_on_by_keyboard(open_page: OpenPage, site: Site, make_file: MakeFile) -> None:
    page, file = open_page("/").page, make_file()
    send_partly(page, file)
    row(page).get_by_role("button", name="Pause").focus()
    page.keyboard.press("Enter")
    expect(row(page)).to_contain_text("Paused at")
    expect(row(page).get_by_role("button", name="Go on")).to_be_focused()
    page.reload()
    expect(row(page)).to_contain_text("Paused at")
    row(page).get_by_role("button", name="Go on").press("Enter")
    expect(page.locator(".job")).to_contain_text(file.name, timeout=PATIENCE_MS)
    assert stored(page, site) == {file.name: sha256(file)}


def test_cancelling_removes_it_from_the_server(open_page: OpenPage, site: Site, make_file: MakeFile) -> None:
    page = open_page("/").page
    send_partly(page, make_file())
    assert len(open_uploads(page, site)) == 1
    with page.expect_response(lambda answer: answer.request.method == "DELETE" and answer.status == 204):
        row(page).get_by_role("button", name="Cancel").click()
    expect(row(page)).to_have_count(0)
    expect(page.locator("#file")).to_be_focused()
    assert open_uploads(page, site) == []
    assert [path for path in site.storage.rglob("*") if path.is_file()] == []
    page.reload()
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    expect(row(page)).to_have_count(0)


def test_a_file_that_cannot_be_had_again_is_asked_for(open_page: OpenPage, site: Site, make_file: MakeFile) -> None:
    page, file, other = open_page("/").page, make_file(), make_file("other.mp4", parts=0.1)
    page.evaluate(NO_ROOM)
    send_partly(page, file)
    page.reload()
    expect(row(page)).to_contain_text("Choose the same file again to go on from")
    expect(row(page)).not_to_contain_text("from 0%")
    row(page).locator("input").set_input_files(other)
    expect(row(page)).to_contain_text("“other.mp4” is another file")
    row(page).locator("input").set_input_files(file)
    expect(page.locator(".job")).to_contain_text(file.name, timeout=PATIENCE_MS)
    assert stored(page, site) == {file.name: sha256(file)}


def test_a_large_file_that_was_dropped_is_read_again_where_it_lies(
    open_page: OpenPage, site: Site, make_file: MakeFile
) -> None:
    page = open_page("/").page
    page.locator(".drop").first.wait_for()
    page.evaluate(NO_ROOM)
    slow(page)
    with page.expect_response(lambda answer: answer.request.method == "PATCH" and answer.status == 204):
        page.evaluate(DROP_FROM_DISK, [int(3 * PART_BYTES)])
    page.reload()
    expect(page.locator(".job")).to_contain_text("large.mp4", timeout=PATIENCE_MS)
    (job,) = page.request.get(f"{site.url}/v1/jobs").json()["items"]
    assert page.request.get(f"{site.url}/v1/videos/{job['video_id']}").json()["size_bytes"] == 3 * PART_BYTES


def test_what_the_server_has_forgotten_is_sent_anew(open_page: OpenPage, site: Site, make_file: MakeFile) -> None:
    page, file = open_page("/").page, make_file()
    send_partly(page, file)
    row(page).get_by_role("button", name="Pause").click()
    (upload_id,) = open_uploads(page, site)
    until(lambda: forget(site, upload_id), "the request that was stopped lets go of the upload")
    page.reload()
    row(page).get_by_role("button", name="Go on").click()
    expect(page.locator(".job")).to_contain_text(file.name, timeout=PATIENCE_MS)
    assert stored(page, site) == {file.name: sha256(file)}


def forget(site: Site, upload_id: str) -> bool:
    with suppress(UploadLocked), site.sessions.begin() as session:
        drop_upload(session, ensure_workspace(session, "default"), upload_id_of(upload_id))
        return True
    return False


def test_two_tabs_do_not_send_the_same(open_page: OpenPage, site: Site, make_file: MakeFile) -> None:
    page, file = open_page("/").page, make_file()
    send_partly(page, file)
    other = page.context.new_page()
    other.goto(site.url)
    expect(row(other)).to_contain_text("Another tab of this browser sends it.")
    page.close()
    expect(other.locator(".job")).to_contain_text(file.name, timeout=PATIENCE_MS)
    assert stored(other, site) == {file.name: sha256(file)}


def test_what_was_begun_for_another_workspace_stays_there(open_page: OpenPage, site: Site, make_file: MakeFile) -> None:
    page = open_page("/").page
    send_partly(page, make_file())
    page.route("**/v1/sessions/current", in_another_workspace)
    page.reload()
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    expect(row(page)).to_have_count(0)


def test_what_is_said_about_a_recording_goes_along(open_page: OpenPage, site: Site, make_file: MakeFile) -> None:
    page = open_page("/").page
    page.locator("mien-about summary").click()
    page.get_by_label("Reference", exact=True).first.fill("anna-3")
    page.locator("#purpose").select_option("coaching")
    choose(page, make_file(parts=0.1))
    expect(page.locator(".job")).to_have_count(1)
    (job,) = page.request.get(f"{site.url}/v1/jobs").json()["items"]
    assert (job["reference"], job["purpose"]) == ("anna-3", "coaching")
    page.reload()
    expect(page.locator("mien-about summary")).to_contain_text("Reference: anna-3")


@pytest.mark.parametrize(
    ("name", "kind", "content", "why"),
    [
        ("empty.mp4", "video/mp4", b"", "The file holds nothing. Copy it from the camera again. (empty_file)"),
        ("face.png", "image/png", b"png", "This is no video."),
        ("notes.pdf", "application/pdf", b"pdf", "This is no video."),
    ],
)
def test_what_is_no_recording_is_refused_before_it_is_sent(
    open_page: OpenPage, name: str, kind: str, content: bytes, why: str
) -> None:
    page = open_page("/").page
    begun = requests_of(page, "POST", "/v1/uploads")
    page.locator("#file").set_input_files([FilePayload(name=name, mimeType=kind, buffer=content)])
    expect(page.get_by_role("alert")).to_contain_text(f"{name} was not accepted")
    expect(page.get_by_role("alert")).to_contain_text(why)
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    assert begun == []


def test_a_folder_is_refused_in_words(open_page: OpenPage) -> None:
    page = open_page("/").page
    page.locator(".drop").first.wait_for()
    page.evaluate(
        """() => {
            const folder = { kind: "file", webkitGetAsEntry: () => ({ isDirectory: true, name: "holidays" }) };
            const drop = Object.assign(new Event("drop", { bubbles: true }), { dataTransfer: { items: [folder] } });
            document.querySelector(".drop").dispatchEvent(drop);
        }"""
    )
    expect(page.get_by_role("alert")).to_contain_text("This is a folder.")


def test_what_the_server_refuses_says_what_to_do(open_page: OpenPage, make_file: MakeFile) -> None:
    page = open_page("/").page
    page.route("**/v1/uploads", refuse(413, "body_too_large", "at most 1000 bytes are accepted"))
    choose(page, make_file(parts=0.1))
    expect(page.get_by_role("alert")).to_contain_text("answer.mp4 was not accepted")
    expect(page.get_by_role("alert")).to_contain_text("at most 1000 bytes are accepted")
    expect(page.get_by_role("alert")).to_contain_text("Export it in a lower quality")
    page.unroute("**/v1/uploads")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".job")).to_have_count(1)


def test_who_may_only_look_is_not_asked_to_send(open_page: OpenPage) -> None:
    page = open_page("/", scopes=("jobs:read",)).page
    expect(page.get_by_text("This sign-in may look at recordings, but not send any.")).to_be_visible()
    expect(page.locator("#file")).to_have_count(0)


def test_the_rows_speak_korean(open_page: OpenPage, make_file: MakeFile) -> None:
    page = open_page("/", locale="ko-KR").page
    send_partly(page, make_file())
    row(page).get_by_role("button", name="일시정지").click()
    expect(row(page)).to_contain_text("일시정지")
    expect(row(page).get_by_role("button", name="이어서 보내기")).to_be_focused()


def lose_the_answer(route: Route) -> None:
    route.fetch()
    route.abort()


def in_another_workspace(route: Route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, json={**answer.json(), "workspace_id": "wsp_other"})


def refuse(status: int, code: str, detail: str) -> Callable[[Route], None]:
    return lambda route: route.fulfill(status=status, json={"status": status, "code": code, "detail": detail})
