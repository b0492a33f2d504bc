from __future__ import annotations

import pytest

from cli import checking
from cli.checking import Check


def test_a_check_without_findings_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert checking.passes(Check("style", lambda: ""))
    assert capsys.readouterr().out.split()[:2] == ["style", "ok"]


def test_findings_follow_the_line_of_a_failed_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert not checking.passes(Check("style", lambda: "a.py:1: too clever"))
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("style        FAILED")
    assert second == "a.py:1: too clever"


def test_a_tool_that_fails_in_silence_is_still_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.checking.sys.executable", "/bin/sh")
    assert checking.tool("false") == "exit code 1"
    assert checking.tool("true") == ""
