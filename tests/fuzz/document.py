"""Throws requests made from the OpenAPI document at a server, and compares its answers with the document."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PHASES = "examples,coverage,fuzzing,stateful"


def fuzz(
    url: str, key: str, folder: Path, *, examples: int, seed: int | None = None
) -> subprocess.CompletedProcess[str]:
    """One run of schemathesis; its exit code is 0 when the server kept every promise.

    Args:
        examples: Requests made at random per operation, besides those that cover each value and border once.
    """
    command = [
        str(Path(sys.executable).parent / "schemathesis"),
        f"--config-file={HERE / 'schemathesis.toml'}",
        "run",
        f"{url}/openapi.json",
        f"--header=Authorization: Bearer {key}",
        f"--phases={PHASES}",
        f"--max-examples={examples}",
        "--suppress-health-check=all",
        "--warnings=off",
        "--continue-on-failure",
        *(["--generation-deterministic"] if seed is None else [f"--seed={seed}", "--generation-database=none"]),
    ]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE), "NO_COLOR": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
