"""What the README says holds: settings, commands and paths, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from cli.main import create_app
from shared.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
KOREAN = (ROOT / "README.ko.md").read_text()
BOTH = pytest.mark.parametrize("text", [README, KOREAN], ids=["en", "ko"])

SETTINGS = {f"MIEN_{name.upper()}" for name in Settings.model_fields}
OF_THE_COMMAND_LINE = {"MIEN_HOME", "MIEN_PYTHON", "MIEN_SECRETS_DIR", "MIEN_URL", "MIEN_KEY"}


def table_rows(text: str, first_cell: str) -> list[list[str]]:
    """Cells of the rows whose first cell matches."""
    rows = [[cell.strip() for cell in line.split(" | ")] for line in text.splitlines() if line.startswith("| ")]
    cleaned = [[row[0].removeprefix("| "), *row[1:-1], row[-1].removesuffix(" |")] for row in rows]
    return [row for row in cleaned if re.fullmatch(first_cell, row[0])]


def commands(text: str) -> list[str]:
    """Every `./mien …` that is named, up to the first word that is not a plain command."""
    return [" ".join(words.split()) for words in re.findall(r"\./mien((?: [a-z]+)+)", text)]


def paths(text: str) -> list[str]:
    in_table = [path for row in table_rows(text, r"\d+ .*") for path in re.findall(r"`([^`]+)`", row[-1])]
    linked = [path for path in re.findall(r"\]\(([^)]+)\)", text) if "://" not in path]
    return [*in_table, *(path for path in linked if not path.startswith("README"))]


def shape(text: str) -> list[str]:
    """Everything in a README that no translation changes."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [
        *blocks,
        *commands(text),
        *paths(text),
        *re.findall(r"MIEN_\w+", text),
        *re.findall(r"^#+", text, re.MULTILINE),
    ]


@BOTH
def test_every_variable_is_a_setting(text: str) -> None:
    assert set(re.findall(r"\bMIEN_\w+", text)) - SETTINGS - OF_THE_COMMAND_LINE == set()


@BOTH
def test_every_setting_is_in_the_table_with_its_default(text: str) -> None:
    rows = {row[0].strip("`"): row[1].strip("`") for row in table_rows(text, "`MIEN_.*`")}
    assert rows.keys() == SETTINGS
    for name, field in Settings.model_fields.items():
        if field.default and not field.is_required():
            assert rows[f"MIEN_{name.upper()}"] == written(field.default)


def written(default: object) -> str:
    if isinstance(default, tuple):
        return ",".join(default)
    return str(int(default)) if isinstance(default, float) and default.is_integer() else str(default)


@BOTH
def test_every_path_is_there(text: str) -> None:
    assert len(paths(text)) > 20
    assert [path for path in paths(text) if not (ROOT / path).exists()] == []


@BOTH
def test_every_command_is_one(text: str) -> None:
    app = get_command(create_app())
    known = names_of(app)
    assert {command for command in commands(text) if command not in known} == set()


def names_of(group: typer.core.TyperGroup | object, prefix: str = "") -> set[str]:
    names = set()
    for name, command in getattr(group, "commands", {}).items():
        names |= {prefix + name} | names_of(command, f"{prefix}{name} ")
    return names


def test_both_languages_say_the_same() -> None:
    assert shape(README) == shape(KOREAN)
