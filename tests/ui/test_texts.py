"""The sentences of the pages: there in each language, all of them used."""

from __future__ import annotations

import re
from pathlib import Path

UI = Path(__file__).resolve().parents[2] / "api" / "ui"
LANGUAGES = {name: (UI / "static" / f"text.{name}.js").read_text() for name in ("en", "ko")}
SOURCES = [path for path in [*UI.glob("*.html"), *UI.glob("static/*.js")] if not path.name.startswith("text.")]
CODE = "\n".join(path.read_text() for path in SOURCES)

KEYS = {name: set(re.findall(r'^  "([^"]+)":', text, re.MULTILINE)) for name, text in LANGUAGES.items()}
BEGINNINGS = tuple(re.findall(r"`([\w.-]+\.)\$\{", CODE))
"""Of keys that are put together, as in `emotion.${name}`."""


def test_each_language_has_every_text() -> None:
    assert KEYS["ko"] == KEYS["en"]


def test_each_text_is_used() -> None:
    assert {key for key in KEYS["en"] if f'"{key}"' not in CODE and not key.startswith(BEGINNINGS)} == set()


def test_each_text_that_is_asked_for_is_there() -> None:
    asked = set(re.findall(r'\bt\("([^"$]+)"', CODE)) | set(re.findall(r'data-text="([^"]+)"', CODE))
    assert asked - KEYS["en"] == set()


def test_both_languages_fill_in_the_same_values() -> None:
    def values(text: str) -> dict[str, set[str]]:
        lines = re.findall(r'^  "([^"]+)": "(.*)",$', text, re.MULTILINE)
        return {key: set(re.findall(r"\{(\w+)\}", line)) for key, line in lines}

    english, korean = values(LANGUAGES["en"]), values(LANGUAGES["ko"])
    assert {key for key in english.keys() & korean.keys() if english[key] != korean[key]} == set()
