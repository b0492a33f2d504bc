"""Both clients have every operation, with the same parameters and words."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

import mien
from mien import AsyncClient, Client
from mien.errors import MienError
from mien.operations import following, notifying, reading, submitting, uploading


def methods(kind: type[Any]) -> dict[str, Callable[..., Any]]:
    return {name: value for name, value in vars(kind).items() if callable(value) and not name.startswith("_")}


def operations() -> set[Callable[..., Any]]:
    return {
        value
        for module in (following, notifying, reading, submitting, uploading)
        for name, value in vars(module).items()
        if inspect.isgeneratorfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }


METHODS = sorted(methods(Client))


def test_both_have_the_same_methods_in_the_same_order() -> None:
    assert list(methods(Client)) == list(methods(AsyncClient))
    assert inspect.signature(Client).parameters.keys() == inspect.signature(AsyncClient).parameters.keys()


@pytest.mark.parametrize("name", METHODS)
def test_a_method_takes_the_same_and_says_the_same_in_both(name: str) -> None:
    blocking, awaited = methods(Client)[name], methods(AsyncClient)[name]
    assert inspect.signature(blocking).parameters == inspect.signature(awaited).parameters
    assert "core" not in inspect.signature(blocking).parameters
    assert blocking.__doc__
    if name != "timeline":
        assert blocking.__doc__ == awaited.__doc__


def test_every_operation_is_a_method() -> None:
    wrapped = {getattr(method, "__wrapped__", None) for method in methods(Client).values()}
    left_out = {operation.__name__ for operation in operations() - wrapped}
    assert left_out == {"timeline", "upload_noted"}  # the one is wrapped by hand, the other is a part


def test_lists_are_iterated_and_the_rest_is_given_or_awaited() -> None:
    for name, method in methods(AsyncClient).items():
        given = str(inspect.signature(methods(Client)[name]).return_annotation)
        is_list = given.startswith(("Iterator[", "Timeline"))
        assert inspect.iscoroutinefunction(method) is not is_list


def test_all_that_is_offered_is_there() -> None:
    assert [name for name in mien.__all__ if not hasattr(mien, name)] == []
    errors = {name for name in vars(mien.errors) if name[0].isupper() and inspect.isclass(getattr(mien.errors, name))}
    assert errors - set(mien.__all__) == set()
    assert all(issubclass(mien.errors.family_of(status), MienError) for status in range(400, 600))
