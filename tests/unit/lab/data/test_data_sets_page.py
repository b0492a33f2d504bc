"""docs/data-sets.md names every reason and every mapping, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab.data import gathering, merge, votes
from lab.data.aihub import MAPPINGS
from lab.data.aihub_labels import Dropped

PAGE = (Path(__file__).resolve().parents[4] / "docs" / "data-sets.md").read_text()


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n", 1)[1].partition("\n## ")[0]


def first_cells(text: str) -> set[str]:
    """What stands as code in the first cells of a table that says why something is dropped."""
    table = text.partition("| dropped as | because |\n|---|---|\n")[2].partition("\n\n")[0]
    return {code for row in table.splitlines() for code in re.findall(r"`([^`]+)`", row.split("|")[1])}


def test_the_page_says_why_pictures_of_fer2013_are_dropped() -> None:
    faults = {gathering.UNREADABLE, gathering.OTHER_SIZE, gathering.BLANK}
    copies = {gathering.DUPLICATE, gathering.CONTRADICTORY, gathering.LEAKED}
    assert first_cells(section("FER2013")) == faults | copies


def test_the_page_says_how_votes_make_labels_and_why_pictures_have_none() -> None:
    text = section("FER2013").partition("\n### FER+ votes\n")[2]
    assert first_cells(text) == set(votes.REASONS)
    assert f"`{votes.RULE}`" in text
    assert f"`{votes.VOTES_FILE}`" in text


def test_the_page_says_why_pictures_of_ai_hub_are_dropped() -> None:
    assert first_cells(section("AI Hub 82")) == {reason.value for reason in Dropped}


def test_the_page_says_why_pictures_are_left_out_of_a_mix() -> None:
    guarded = {f"{what} in {split}" for what in ("person", "picture") for split in merge.GUARDED}
    assert first_cells(section("The mix")) == {*guarded, merge.IN_EARLIER_PART, merge.ABOVE_PER_CLASS}


@pytest.mark.parametrize("name", MAPPINGS)
def test_the_page_shows_each_mapping(name: str) -> None:
    head, row = (re.search(rf"^\| {start} \|(.*)\|$", PAGE, re.MULTILINE) for start in ("mapping", f"`{name}`"))
    assert head is not None
    assert row is not None
    natives, emotions = ([cell.strip() for cell in found[1].split("|")] for found in (head, row))
    assert {native: said for native, said in zip(natives, emotions, strict=True) if said} == MAPPINGS[name]
