from __future__ import annotations

import re

import pytest

from api.errors import status_of
from shared.domain import errors
from shared.domain.codes import error_of, every_error
from shared.domain.errors import InputError, MediaError, MienError, TooMuch, WorldError


def test_every_code_is_unique_and_stands_in_the_drawn_tree() -> None:
    codes = [kind.code for kind in every_error()]

    assert len(codes) == len(set(codes))
    for code in set(codes) - {"internal_error"}:
        assert re.search(rf"\b{code}\b", errors.__doc__ or ""), f"{code} is missing in the docstring"


@pytest.mark.parametrize("kind", every_error())
def test_every_condition_has_a_title_and_a_status(kind: type[MienError]) -> None:
    assert kind.title
    assert 400 <= status_of(kind) < 600


def test_the_worlds_faults_are_server_errors_the_inputs_are_not_and_too_much_is_429() -> None:
    for kind in every_error():
        if issubclass(kind, TooMuch):
            assert status_of(kind) == 429
        elif issubclass(kind, WorldError):
            assert status_of(kind) >= 500
        if issubclass(kind, InputError):
            assert status_of(kind) < 500


def test_an_error_that_crossed_a_process_border_is_the_same_condition() -> None:
    again = error_of("no_video", "only sound")

    assert isinstance(again, MediaError)
    assert (again.code, again.detail) == ("no_video", "only sound")


def test_an_unknown_code_is_an_internal_error_and_keeps_its_detail() -> None:
    assert error_of("of_the_future", "something").detail == "something"
