from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from cli import console, main

COMMANDS = sorted(get_command(main.create_app()).commands)  # type: ignore[attr-defined]
HEAVY = {
    "alembic",
    "av",
    "celery",
    "cv2",
    "fastapi",
    "numpy",
    "psycopg2",
    "redis",
    "sqlalchemy",
    "tensorflow",
    "pytest",
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_in_a_sentence_what_it_does(name: str) -> None:
    shown = CliRunner().invoke(main.create_app(), [name, "--help"])
    assert shown.exit_code == 0
    assert "." in shown.stdout


def test_help_answers_without_loading_what_commands_need() -> None:
    source = f"import sys; from cli.main import create_app; create_app(); print(*({HEAVY!r} & set(sys.modules)))"
    root = Path(main.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", source], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("arguments", [["no-such-command"], ["check", "--no-such-option"], ["api", "unexpected"]])
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(main.create_app(), arguments).exit_code == 2


def test_a_failure_is_said_on_stderr_and_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> None:
        raise console.Failure("the disk is full")

    monkeypatch.setattr(main, "create_app", lambda: lambda **_: fails())
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 1
    assert capsys.readouterr() == ("", "mien: the disk is full\n")
