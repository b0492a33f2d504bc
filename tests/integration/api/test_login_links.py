"""Links that `mien login` prints, as a browser uses them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from cli.main import create_app as create_cli
from shared.domain.access import SCOPES


def printed_by(home: Path, database_url: str, *options: str) -> str:
    done = CliRunner().invoke(
        create_cli(), ["login", "--home", str(home), *options], env={"MIEN_DATABASE_URL": database_url}
    )
    assert done.exit_code == 0, done.output
    return done.output.strip()


@pytest.mark.parametrize(
    ("options", "scopes"),
    [
        ((), ["jobs:read", "jobs:write"]),
        (("--scope", "webhooks", "--scope", "jobs:read"), ["jobs:read", "webhooks"]),
        (("--scope", "admin"), ["admin"]),
    ],
)
def test_the_command_line_prints_links_for_what_is_asked(
    anonymous: TestClient, database_url: str, tmp_path: Path, options: tuple[str, ...], scopes: list[str]
) -> None:
    anonymous.get(printed_by(tmp_path, database_url, "--url", "http://testserver", *options))
    assert anonymous.get("/v1/sessions/current").json()["scopes"] == scopes


def test_who_owns_an_embedded_stack_is_its_operator(anonymous: TestClient, database_url: str, tmp_path: Path) -> None:
    about = {"url": "http://testserver", "database_url": database_url}
    (tmp_path / "running.json").write_text(json.dumps(about))
    anonymous.get(printed_by(tmp_path, database_url))
    assert anonymous.get("/v1/sessions/current").json()["scopes"] == list(SCOPES)


def test_a_scope_that_there_is_not_is_refused(database_url: str, tmp_path: Path) -> None:
    options = ["login", "--home", str(tmp_path), "--url", "http://testserver", "--scope", "everything"]
    done = CliRunner().invoke(create_cli(), options, env={"MIEN_DATABASE_URL": database_url})
    assert done.exit_code == 2
