"""The document that clients are made from: every operation says what it takes, what it answers, and shows both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api.main import create_app
from shared.settings import Settings

DOCUMENT = create_app(Settings(database_url="postgresql+psycopg2://nowhere")).openapi()
SCHEMAS = DOCUMENT["components"]["schemas"]
WITHOUT_KEY = {"/healthz", "/readyz"}


def operations() -> Iterator[Any]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield pytest.param(path, operation, id=f"{method} {path}")


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    return SCHEMAS[schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else schema


def has_example(content: dict[str, Any]) -> bool:
    return bool({"example", "examples"} & (set(content) | set(resolved(content.get("schema", {})))))


@pytest.mark.parametrize(("path", "operation"), list(operations()))
def test_an_operation_says_what_it_does(path: str, operation: dict[str, Any]) -> None:
    assert operation["tags"]
    assert operation["summary"]
    assert operation["description"].strip().endswith((".", "`"))


@pytest.mark.parametrize(("path", "operation"), list(operations()))
def test_an_operation_names_its_errors_as_problems(path: str, operation: dict[str, Any]) -> None:
    refusals = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
    if path not in WITHOUT_KEY:
        assert {"401", "429", "503"} <= set(refusals)
    for status, answer in refusals.items():
        assert answer["description"]
        if path != "/readyz":
            assert list(answer["content"]) == ["application/problem+json"], status


@pytest.mark.parametrize(("path", "operation"), list(operations()))
def test_what_an_operation_takes_and_answers_is_shown(path: str, operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", ()):
        assert parameter.get("description"), parameter["name"]
    for status, answer in operation["responses"].items():
        content = answer.get("content", {}).get("application/json")
        assert content is None or status >= "400" or has_example(content), f"{status} has no example"
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    assert body is None or has_example(body), "the body has no example"


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation["operationId"] for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))


def test_schemas_carry_the_names_of_their_nouns() -> None:
    assert not [name for name in SCHEMAS if "__" in name]
