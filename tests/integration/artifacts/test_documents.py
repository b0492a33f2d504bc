"""The report and the archive: what is in them, in which language, and that nothing of a client's becomes markup."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text as sql

from shared.db.jobs import get_jobs
from shared.domain.job import JobRequest
from shared.domain.options import Options
from shared.domain.timeline import CSV_COLUMNS
from shared.storage.port import moment_key
from tests.integration.artifacts.conftest import Workshop
from tests.recordings import Studio
from tests.scene import Scene
from worker.artifacts.page.texts_en import ENGLISH
from worker.artifacts.page.texts_ko import KOREAN
from worker.pipeline.quality import RULES

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"
HOSTILE_REQUEST = JobRequest(reference=HOSTILE, metadata={HOSTILE: HOSTILE})


class Page(HTMLParser):
    """What a browser would make of a document: elements, attributes, text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.words)


@pytest.fixture(scope="session")
def lively(studio: Studio) -> Path:
    """With moments that cost points."""
    return studio.record(duration_s=18.0, fps=10, width=320, height=180)


def read(workshop: Workshop, job_id: Any, kind: Any) -> bytes:
    return workshop.path(job_id, kind).read_bytes()


def test_a_report_shows_score_chart_moments_and_provenance(workshop: Workshop, lively: Path) -> None:
    job_id = workshop.analyse(lively)
    made = workshop.make(job_id, "report")
    page = Page(read(workshop, job_id, "report").decode())

    assert made.file is not None
    assert made.file.media_type == "text/html"
    assert ENGLISH["notice"] in page.text
    for heading in ("score.title", "chart.title", "moments.title", "tracks.title", "provenance.title"):
        assert ENGLISH[heading] in page.text
    assert page.elements.count("path") == 7, "a line for each expression"
    pictures = [value for name, value in page.attributes if name == "src"]
    assert len(pictures) >= 2
    assert all(picture.startswith("data:image/jpeg;base64,/9j/") for picture in pictures)


def test_a_report_refers_to_nothing_outside_and_runs_nothing(workshop: Workshop, lively: Path) -> None:
    job_id = workshop.analyse(lively, HOSTILE_REQUEST, name=f"{HOSTILE}.mp4")
    workshop.make(job_id, "report")
    source = read(workshop, job_id, "report").decode()
    page = Page(source)

    assert not {"script", "link", "iframe", "object", "embed", "a", "base", "form"} & set(page.elements)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "href"]
    assert [value for name, value in page.attributes if name == "src" and not value.startswith("data:")] == []
    assert re.findall(r"url\(\s*['\"]?(?!#)|@import|https?://", source) == []
    assert page.text.count(HOSTILE) >= 2, "the name and the reference are there, as text"


def test_a_report_speaks_korean_when_asked_to(workshop: Workshop, lively: Path) -> None:
    job_id = workshop.analyse(lively)
    workshop.make(job_id, "report")
    english = workshop.find(job_id, "report")
    made = workshop.make(job_id, "report", "ko")
    page = Page(read(workshop, job_id, "report").decode())

    assert (english.language, made.language) == ("en", "ko")
    assert KOREAN["notice"] in page.text
    assert ENGLISH["notice"] not in page.text
    assert ("lang", "ko") in page.attributes


def test_a_report_without_a_face_says_why_there_is_no_score(workshop: Workshop, studio: Studio) -> None:
    job_id = workshop.analyse(studio.record(duration_s=6.0, fps=10, width=320, height=180, scene=Scene(people=0)))
    workshop.make(job_id, "report")
    page = Page(read(workshop, job_id, "report").decode())

    assert ENGLISH["score.none"] in page.text
    assert ENGLISH["reason.no_face"] in page.text


def test_a_report_says_what_to_do_better(workshop: Workshop, studio: Studio) -> None:
    scene = Scene(blur=0.015)
    job_id = workshop.analyse(studio.record(duration_s=6.0, fps=10, width=320, height=180, scene=scene))
    workshop.make(job_id, "report", "ko")
    page = Page(read(workshop, job_id, "report").decode())

    assert KOREAN["advice.blurred"].format(share="100%") in page.text
    assert KOREAN["advice.dark"].partition("{share}")[2] not in page.text
    assert KOREAN["advice.none"] not in page.text


def test_a_report_says_that_there_is_nothing_to_do_better(workshop: Workshop, lively: Path) -> None:
    job_id = workshop.analyse(lively)
    workshop.make(job_id, "report")
    source = read(workshop, job_id, "report").decode()
    assert f"<h2>{ENGLISH['quality.title']}</h2><p>{ENGLISH['advice.none']}</p>" in source


def test_what_an_older_pipeline_found_is_reported_without_advice(workshop: Workshop, lively: Path) -> None:
    job_id = workshop.analyse(lively)
    with workshop.tools.sessions.begin() as session:
        session.execute(sql("UPDATE result SET summary = summary - 'quality'"))
    workshop.make(job_id, "archive")

    with zipfile.ZipFile(workshop.path(job_id, "archive")) as archive:
        assert json.loads(archive.read("result.json"))["quality"] is None
        assert f"<h2>{ENGLISH['quality.title']}</h2>" not in archive.read("report.html").decode()


def test_each_code_of_advice_has_its_sentence() -> None:
    codes = {*RULES, "out_of_frame", "none"}
    assert {key for key in ENGLISH if key.startswith("advice.")} == {f"advice.{code}" for code in codes}


def test_each_language_has_every_text_with_the_same_values() -> None:
    assert KOREAN.keys() == ENGLISH.keys()
    for key, text in ENGLISH.items():
        if not key.endswith(".one"):
            assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", KOREAN[key])), key


def test_an_archive_holds_everything_and_says_what_it_is(workshop: Workshop, lively: Path) -> None:
    job_id = workshop.analyse(lively, HOSTILE_REQUEST)
    made = workshop.make(job_id, "archive")

    assert made.file is not None
    assert made.file.media_type == "application/zip"
    with zipfile.ZipFile(workshop.path(job_id, "archive")) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert names[:6] == ["README.txt", "job.json", "result.json", "report.html", "timeline.csv", "timeline.ndjson"]
        result = json.loads(archive.read("result.json"))
        assert [moment["thumbnail"] for moment in result["moments"]] == names[6:]
        assert archive.read("moments/0.jpg") == workshop.storage.get(moment_key(job_id, 0))
        assert json.loads(archive.read("job.json"))["reference"] == HOSTILE
        for name in names[1:]:
            assert name.split("/")[0] in archive.read("README.txt").decode()


def test_the_timelines_in_an_archive_have_every_sample(workshop: Workshop, lively: Path) -> None:
    job_id = workshop.analyse(lively)
    workshop.make(job_id, "archive")

    with zipfile.ZipFile(workshop.path(job_id, "archive")) as archive:
        samples = json.loads(archive.read("result.json"))["coverage"]["samples"]
        header, *rows = csv.reader(io.StringIO(archive.read("timeline.csv").decode()))
        lines = archive.read("timeline.ndjson").decode().splitlines()
    assert tuple(header) == CSV_COLUMNS
    assert {int(row[1]) for row in rows} == set(range(samples))
    assert [json.loads(line)["sample"] for line in lines] == list(range(samples))


def test_without_pictures_of_moments_there_are_documents_all_the_same(workshop: Workshop, lively: Path) -> None:
    job_id = workshop.analyse(lively, JobRequest(options=Options(thumbnails=False)))
    workshop.make(job_id, "report")
    workshop.make(job_id, "archive")

    assert ENGLISH["moments.nopicture"] in Page(read(workshop, job_id, "report").decode()).text
    with zipfile.ZipFile(workshop.path(job_id, "archive")) as archive:
        assert not [name for name in archive.namelist() if name.startswith("moments/")]
        assert json.loads(archive.read("result.json"))["moments"][0]["thumbnail"] is None


def test_what_shows_the_moments_waits_until_their_pictures_are_made(workshop: Workshop, lively: Path) -> None:
    job_id = workshop.submit(lively.read_bytes())
    while _state(workshop, job_id) != "succeeded":
        workshop.supervisor.perform_next_step()
    workshop.ask(job_id, "report")

    assert workshop.writer.find() is None, "the step for the pictures is still open"
    workshop.supervisor.perform_next_step()
    assert workshop.writer.find() is not None


def _state(workshop: Workshop, job_id: Any) -> str:
    with workshop.tools.sessions.begin() as session:
        return get_jobs(session, [job_id])[0].state
