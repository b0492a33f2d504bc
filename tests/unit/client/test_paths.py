from __future__ import annotations

import pytest

from mien.core import path_to


@pytest.mark.parametrize(
    ("reference", "path"),
    [
        ("candidate-17", "/v1/subjects/candidate-17"),
        ("a/b?c#d", "/v1/subjects/a%2Fb%3Fc%23d"),
        ("..", "/v1/subjects/%2E%2E"),
        (".", "/v1/subjects/%2E"),
        ("v1.2", "/v1/subjects/v1.2"),
    ],
)
def test_a_part_of_an_address_never_leads_elsewhere(reference: str, path: str) -> None:
    assert path_to("subjects", reference) == path
