"""The guides and the OpenAPI document know the same addresses."""

from __future__ import annotations

import re
from functools import cache

import pytest

from api.main import create_app
from shared.settings import Settings
from tests.docs.pages import DOCS

NAMED = re.compile(r"(?:/v1/|(?<=[`L])/(?=upload\b|metrics\b|healthz\b|readyz\b))[^\s\"`'?)|*]*")
ABBREVIATED = "…"


@cache
def templates() -> tuple[str, ...]:
    document = create_app(Settings(database_url="postgresql+psycopg2://nowhere")).openapi()
    return tuple(document["paths"])


def pattern_of(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{[a-z_]+\\\}", "[^/]+", re.escape(template)))


@cache
def named() -> dict[str, set[str]]:
    """Addresses in the pages, with the pages that name them."""
    found: dict[str, set[str]] = {}
    for page in DOCS.glob("*.md"):
        for address in NAMED.findall(page.read_text()):
            found.setdefault(address.rstrip("/.,:;"), set()).add(page.name)
    return found


@pytest.mark.parametrize("template", templates())
def test_every_address_of_the_api_is_in_a_guide(template: str) -> None:
    assert [address for address in named() if pattern_of(template).fullmatch(address)]


def test_every_address_in_a_guide_is_one_of_the_api() -> None:
    areas = {"/v1/admin", "/v1"}
    known = [pattern_of(template) for template in templates()]
    wrong = {
        address: pages
        for address, pages in named().items()
        if ABBREVIATED not in address and address not in areas and not any(each.fullmatch(address) for each in known)
    }
    assert wrong == {}
