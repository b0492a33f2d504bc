"""`mien fuzz`: the long form of the fuzzing that the tests do shortly."""

from __future__ import annotations

import logging
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from cli import console

PANEL = "Working on Mien"
ROOT = Path(__file__).resolve().parents[1]
BODIES = "tests/fuzz/test_bodies.py"


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel=PANEL)(fuzz)


def fuzz(
    examples: Annotated[int, typer.Option(min=1, help="Requests at random for each operation.")] = 300,
    seed: Annotated[int | None, typer.Option(help="The same seed throws the same requests.")] = None,
) -> None:
    """Throw made-up requests at a server of its own: from the OpenAPI document, and forms and upload headers.

    Ends with 1 when an answer was a 5xx, was not documented, or did not fit its schema.
    """
    logging.disable(logging.ERROR)  # of the server, which shares this process
    seed = secrets.randbelow(2**31) if seed is None else seed
    console.note(f"seed {seed}")
    kept = _document(examples, seed)
    command = [sys.executable, "-P", "-m", "pytest", "-q", f"--hypothesis-seed={seed}", "--timeout=0", BODIES]
    bodies = subprocess.run(command, cwd=ROOT, env={**os.environ, "MIEN_FUZZ_EXAMPLES": str(examples)}, check=False)
    if not kept or bodies.returncode:
        raise console.Failure(f"promises were broken; see above, and repeat it with --seed {seed}")


def _document(examples: int, seed: int) -> bool:
    """Whether all answers were as the document says; says which were not."""
    from cli.stack.stack import EmbeddedStack
    from shared.db.migrate import migrate
    from tests.fuzz.document import fuzz
    from tests.fuzz.target import serving

    with tempfile.TemporaryDirectory(prefix="mien-fuzz-") as name:
        folder = Path(name)
        with EmbeddedStack(folder / "home") as stack:
            services = stack.start_services()
            migrate(services.database_url)
            with serving(services.database_url, services.broker_url, folder) as (url, key):
                done = fuzz(url, key, folder, examples=examples, seed=seed)
    print(done.stdout)
    return done.returncode == 0
