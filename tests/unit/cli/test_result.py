"""A result on a terminal."""

from __future__ import annotations

from typing import Any

import pytest

from api.schemas.result import RESULT_EXAMPLE
from cli.result import show_result


def shown(capsys: pytest.CaptureFixture[str], **changes: Any) -> str:
    show_result({**RESULT_EXAMPLE, **changes})
    return " ".join(capsys.readouterr().out.split())


def test_a_result_ends_with_what_to_do_better(capsys: pytest.CaptureFixture[str]) -> None:
    quality = {**RESULT_EXAMPLE["quality"], "advice": ["dark", "known_to_a_newer_server"]}
    printed = shown(capsys, quality=quality)
    assert "Picture: There was too little light on your face for 31% of the time. Put a lamp" in printed
    assert printed.count("Picture:") == 1


def test_nothing_is_advised_where_there_is_nothing_to_improve(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Picture:" not in shown(capsys, quality={**RESULT_EXAMPLE["quality"], "advice": []})


def test_a_result_of_an_older_pipeline_is_shown_without_advice(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Picture:" not in shown(capsys, quality=None)
