"""docs/errors.md has every code that Mien can answer with, and no other."""

from __future__ import annotations

import re

import pytest

from api.errors import HTTP_CODES, status_of
from api.hosts import CODE as UNKNOWN_HOST
from shared.domain.codes import every_error
from shared.domain.errors import InputError, MienError
from tests.docs.pages import text_of

PAGE = text_of("errors.md")
ROW = re.compile(r"^\| `(\w+)` \| (\d+) \| (.+?) \| (.+?) \| (yes|no) \|$", re.MULTILINE)
TABLE = {row[0]: row[1:] for row in ROW.findall(PAGE)}
TREE = {kind.code: kind for kind in every_error()}
OF_THE_DOOR = {*HTTP_CODES.values(), UNKNOWN_HOST} - TREE.keys()


def test_the_page_and_the_tree_have_the_same_codes() -> None:
    assert len(ROW.findall(PAGE)) == len(TABLE)
    assert TABLE.keys() == TREE.keys()


@pytest.mark.parametrize("kind", TREE.values(), ids=TREE)
def test_a_code_is_named_with_its_status_a_cause_and_a_cure(kind: type[MienError]) -> None:
    status, cause, cure, _again = TABLE[kind.code]
    assert int(status) == status_of(kind)
    assert len(cause) >= 10
    assert len(cure) >= 8


PASSES = {"checksum_mismatch", "idempotency_key_in_flight", "offset_mismatch", "upload_locked", "artifact_failed"}
"""Wrong as sent, and yet worth another try: what to send changes, or who else sends."""


def test_what_is_wrong_with_the_input_is_not_to_be_tried_again() -> None:
    again = {code for code, row in TABLE.items() if row[-1] == "yes"}
    assert again == {code for code, kind in TREE.items() if not issubclass(kind, InputError)} | PASSES


def test_codes_outside_of_the_tree_are_named_too() -> None:
    assert len(OF_THE_DOOR) == 2
    assert all(f"`{code}`" in PAGE for code in OF_THE_DOOR)
