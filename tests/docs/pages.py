"""The guides as a reader sees them: snippets in their order, with what each is said to print.

The language of a fence says how its snippet is run. Words after it, which no reader
sees, say more:

- `serves`: it does not end; the server of these tests was started with it.
- `refused`: its requests may be answered by errors.
- `continued`: it goes on in the process of the Python before it.
- `elsewhere`: it cannot be run here. It is checked for its syntax, and stands in `ELSEWHERE`.

A `text` or `json` fence is what the snippet before it prints.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
GUIDES = (
    "quickstart.md",
    "submit-and-follow.md",
    "errors.md",
    "operations.md",
    "security.md",
    "privacy-and-law.md",
)
"""Pages whose snippets are run in the order of the page; those of webhooks.md have tests of their own."""

LANGUAGES = frozenset({"sh", "python", "js"})
SETTINGS = frozenset({"nginx", "yaml"})
"""Files of other programs, which `test_operations_page.py` reads."""
OUTPUTS = frozenset({"text", "json"})
MARKS = frozenset({"serves", "refused", "continued", "elsewhere"})
FENCE = re.compile(r"^```(\S+)[ ]*(.*)\n((?:.*\n)*?)```$", re.MULTILINE)

ELSEWHERE = {
    ("quickstart.md", "python3 -m pip install ./client"): "installs a package; test_install.py does",
    ("operations.md", "docker compose up --build --wait"): "needs Docker",
    ("operations.md", "docker compose build"): "needs Docker",
    ("operations.md", "docker compose up --detach --wait --scale worker=3"): "needs Docker",
    ("operations.md", "docker compose exec postgres pg_dump"): "needs Docker",
}
"""What cannot be run here, by its page and how its first command begins, and why."""


@dataclass(frozen=True, kw_only=True)
class Output:
    """What a page says that a snippet prints."""

    language: str
    text: str
    line: int


@dataclass(frozen=True, kw_only=True)
class Snippet:
    page: str
    line: int
    language: str
    marks: frozenset[str]
    code: str
    output: Output | None = None

    @property
    def is_run(self) -> bool:
        return self.marks.isdisjoint({"serves", "elsewhere"})

    @property
    def place(self) -> str:
        return f"docs/{self.page}:{self.line}"


@dataclass
class _Reading:
    page: str
    snippets: list[Snippet] = field(default_factory=list)

    def take(self, line: int, language: str, marks: frozenset[str], code: str) -> None:
        place = f"docs/{self.page}:{line}"
        if language in LANGUAGES:
            assert marks <= MARKS, f"{place}: {sorted(marks - MARKS)} mean nothing"
            self.snippets.append(Snippet(page=self.page, line=line, language=language, marks=marks, code=code))
            return
        if language in SETTINGS:
            return
        assert language in OUTPUTS, f"{place}: nothing is known of {language}"
        assert self.snippets, f"{place}: there is no snippet that prints this"
        assert self.snippets[-1].output is None, f"{place}: the snippet before it prints something else"
        output = Output(language=language, text=code, line=line)
        self.snippets[-1] = replace(self.snippets[-1], output=output)


def text_of(page: str) -> str:
    return (DOCS / page).read_text()


@cache
def snippets_of(page: str) -> tuple[Snippet, ...]:
    """In the order of the page. Raises AssertionError for a fence of which it is not known what it is."""
    text, reading = text_of(page), _Reading(page)
    assert text.count("\n```") == 2 * len(FENCE.findall(text)), f"{page}: a fence is not closed"
    for found in FENCE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        reading.take(line, found[1], frozenset(found[2].split()), found[3])
    return tuple(reading.snippets)
