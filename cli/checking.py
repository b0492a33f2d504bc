"""`mien check`: everything about the code that a machine can judge without running it."""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import typer

from cli import console

ROOT = Path(__file__).resolve().parent.parent
PANEL = "Working on Mien"
COMPOSE_SCHEMA = "vendor.compose-spec"
SQUAWK_IGNORES = (
    "prefer-bigint-over-int",  # counts within one recording; what can grow (bytes, events) is bigint already
    "prefer-bigint-over-smallint",  # attempts and priorities stay below 32
    "prefer-text-field",  # Alembic's own table of versions
    "require-lock-timeout",  # set by the connection that migrates, which the rendered script does not show
    "require-statement-timeout",  # same
)


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    finds: Callable[[], str]
    """What is wrong, as text; empty when nothing is."""


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel=PANEL)(check)


def check() -> None:
    """Check style, types, who imports whom, migrations, the compose file and the Dockerfile."""
    failed = [one.name for one in every_check() if not passes(one)]
    if failed:
        raise console.Failure(f"{len(failed)} of {len(every_check())} checks failed: {', '.join(failed)}")
    print("All checks passed.")


def every_check() -> list[Check]:
    return [
        Check("style", lambda: tool("ruff", "check", "--quiet", "--output-format=concise", ".")),
        Check("format", lambda: tool("ruff", "format", "--quiet", "--diff", ".")),
        Check("types", lambda: tool("mypy")),
        Check("imports", lambda: tool("lint-imports", "--no-logo")),
        Check("migrations", migrations),
        Check("compose", lambda: tool("check-jsonschema", "--builtin-schema", COMPOSE_SCHEMA, "docker-compose.yml")),
        Check("dockerfile", lambda: tool("hadolint", "Dockerfile")),
    ]


def passes(one: Check) -> bool:
    """Run one check and say on one line how it went, with the findings below when there are any."""
    started_s = time.monotonic()
    with console.spinner(f"Checking {one.name}"):
        findings = one.finds()
    print(f"{one.name:<12} {'FAILED' if findings else 'ok'}  {time.monotonic() - started_s:5.1f} s", flush=True)
    if findings:
        print(findings, flush=True)
    return not findings


def tool(name: str, *arguments: str) -> str:
    """What a tool of the virtual environment prints when it is not content."""
    command = [str(Path(sys.executable).parent / name), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else (done.stdout + done.stderr).strip() or f"exit code {done.returncode}"


def migrations() -> str:
    """Whether the migrations build what the mappings say, and do it without long locks."""
    return schema_differences() or risky_statements()


def schema_differences() -> str:
    from alembic import command
    from alembic.util import CommandError

    from cli.stack.stack import EmbeddedStack
    from shared.db.migrate import alembic_config, migrate

    with tempfile.TemporaryDirectory() as home, EmbeddedStack(Path(home)) as stack:
        url = stack.start_services().database_url
        migrate(url)
        config = alembic_config(url)
        config.stdout = io.StringIO()
        try:
            command.check(config)
        except CommandError as differs:
            return str(differs)
    return ""


def risky_statements() -> str:
    from alembic import command

    from shared.db.migrate import alembic_config

    config = alembic_config("postgresql+psycopg2://")
    config.output_buffer = rendered = io.StringIO()
    command.upgrade(config, "head", sql=True)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(rendered.getvalue())
        script.flush()
        excluded = (f"--exclude={rule}" for rule in SQUAWK_IGNORES)
        return tool("squawk", "--pg-version=18.0", "--reporter=gcc", *excluded, script.name)
