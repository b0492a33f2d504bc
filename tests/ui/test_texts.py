"""The sentences of the pages: there in each language, all of them used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from worker.artifacts.page.texts_en import ENGLISH
from worker.artifacts.page.texts_ko import KOREAN

UI = Path(__file__).resolve().parents[2] / "api" / "ui"
LANGUAGES = {
    name: "\n".join(path.read_text() for path in sorted(UI.glob(f"static/*/text.{name}.js"))) for name in ("en", "ko")
}
OF_TEXTS = {f"text.{name}.js" for name in LANGUAGES}
SOURCES = [path for path in [*UI.glob("*.html"), *UI.glob("static/*/*.js")] if path.name not in OF_TEXTS]
CODE = "\n".join(path.read_text() for path in SOURCES)

KEYS = {name: set(re.findall(r'^  "([^"]+)":', text, re.MULTILINE)) for name, text in LANGUAGES.items()}
BEGINNINGS = tuple(re.findall(r"`([\w.-]+\.)\$\{", CODE))
"""Of keys that are put together, as in `emotion.${name}`."""


def lines_of(text: str) -> dict[str, str]:
    return dict(re.findall(r'^  "([^"]+)": "(.*)",$', text, re.MULTILINE))


def test_each_language_has_every_text() -> None:
    assert KEYS["ko"] == KEYS["en"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_folder_says_what_another_says(language: str) -> None:
    keys = re.findall(r'^  "([^"]+)":', LANGUAGES[language], re.MULTILINE)
    assert len(keys) == len(set(keys))


def test_each_text_is_used() -> None:
    assert {key for key in KEYS["en"] if f'"{key}"' not in CODE and not key.startswith(BEGINNINGS)} == set()


def test_each_text_that_is_asked_for_is_there() -> None:
    asked = set(re.findall(r'\bt\("([^"$]+)"', CODE)) | set(re.findall(r'data-text="([^"]+)"', CODE))
    assert asked - KEYS["en"] == set()


def test_both_languages_fill_in_the_same_values() -> None:
    def values(text: str) -> dict[str, set[str]]:
        return {key: set(re.findall(r"\{(\w+)\}", line)) for key, line in lines_of(text).items()}

    english, korean = values(LANGUAGES["en"]), values(LANGUAGES["ko"])
    assert {key for key in english.keys() & korean.keys() if english[key] != korean[key]} == set()


@pytest.mark.parametrize(("name", "saved"), [("en", ENGLISH), ("ko", KOREAN)])
def test_a_saved_report_says_of_a_person_what_the_page_says(name: str, saved: dict[str, str]) -> None:
    page = lines_of(LANGUAGES[name])
    said = {key for key in saved if key.startswith(("notice", "footer", "emotion.", "purpose."))}
    assert len(said) > 10
    assert {key: saved[key] for key in said} == {key: page[key] for key in said}
