"""Every snippet of the guides does what its page says."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.docs.conftest import NEEDS_TOOLS, Served
from tests.docs.pages import DOCS, ELSEWHERE, GUIDES, Snippet, snippets_of, text_of
from tests.docs.reader import Reader, differences, syntax_error
from tests.node import NEEDS_NODE, TUS, install_package

EVERY_PAGE = pytest.mark.parametrize("page", GUIDES)
ALL = [snippet for page in GUIDES for snippet in snippets_of(page)]
FOR_NODE = [snippet for snippet in ALL if snippet.language == "js"]
NOT_RUN = [snippet for snippet in ALL if "elsewhere" in snippet.marks]


@NEEDS_TOOLS
@pytest.mark.timeout(600)
@EVERY_PAGE
def test_who_follows_a_page_gets_what_it_shows(page: str, reader: Reader) -> None:
    snippets = [snippet for snippet in snippets_of(page) if snippet.is_run and snippet.language != "js"]
    printed = reader.follow(snippets) if snippets else {}
    assert set(printed) == set(snippets)
    assert [wrong for snippet in snippets for wrong in differences(snippet, printed[snippet])] == []


@NEEDS_NODE
@pytest.mark.parametrize("snippet", FOR_NODE, ids=lambda snippet: snippet.place)
def test_what_is_written_for_node_runs_in_it(snippet: Snippet, reader: Reader, served: Served) -> None:
    program = install_package(TUS, reader.folder) / "program.mjs"
    program.write_text(reader.read(snippet.code))
    variables = {**reader.environment(), "URL": served.url, "KEY": served.key}
    done = subprocess.run(
        ["node", program.name], cwd=reader.folder, env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert differences(snippet, done.stdout) == []


def test_the_guides_name_the_version_for_node_that_is_tested() -> None:
    named = {name for page in GUIDES for name in re.findall(r"tus-js-client@[\d.]+", text_of(page))}
    assert named == {TUS}


@pytest.mark.parametrize("snippet", NOT_RUN, ids=lambda snippet: snippet.place)
def test_what_cannot_be_run_here_is_known_and_at_least_well_formed(snippet: Snippet, tmp_path: Path) -> None:
    reasons = [why for (page, begins), why in ELSEWHERE.items() if page == snippet.page and begins in snippet.code]
    assert len(reasons) == 1
    assert not syntax_error(snippet, tmp_path)


def test_nothing_is_said_to_be_run_elsewhere_that_no_page_has() -> None:
    for page, begins in ELSEWHERE:
        assert any(snippet.page == page and begins in snippet.code for snippet in NOT_RUN), (page, begins)


@EVERY_PAGE
def test_a_page_has_one_sentence_per_line(page: str) -> None:
    prose = re.sub(r"^```.*?^```$|^\|.*?$", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    joined = [line for line in prose.splitlines() if re.search(r"[a-z`)]\. +[A-Z`]", line)]
    assert joined == []


def test_links_between_pages_lead_somewhere() -> None:
    for page in DOCS.glob("*.md"):
        for target in re.findall(r"\]\((?!https?://)([^)]+)\)", page.read_text()):
            file, _, anchor = target.partition("#")
            linked = (page.parent / file) if file else page
            assert linked.exists(), f"{page.name}: {target}"
            if anchor:
                assert anchor in {_anchor(heading) for heading in _headings(linked)}, f"{page.name}: {target}"


def _headings(page: Path) -> list[str]:
    return re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)


def _anchor(heading: str) -> str:
    """As GitHub makes it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_the_index_has_a_line_for_each_page() -> None:
    listed = re.findall(r"\]\(([\w-]+\.md)\)", text_of("README.md"))
    assert sorted(listed) == sorted(page.name for page in DOCS.glob("*.md") if page.name != "README.md")
