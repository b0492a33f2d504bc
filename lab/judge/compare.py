"""Reports side by side: a line for each model of each, so that figures of other days and data can be told apart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab.judge.report import REPORT_FILE, measured, short_claims_table, table
from lab.judge.uses import told
from shared.domain.errors import InvalidRequest

HEAD = ("model", "data", "accuracy", "balanced", "macro-F1", "ECE", "ms per face", "faces/s")


def read_report(path: Path) -> dict[str, Any]:
    """A report from its file or its folder. Raises InvalidRequest where there is none."""
    file = path / REPORT_FILE if path.is_dir() else path
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        _ = [one["model"] for one in found["models"]], found["data"]["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidRequest(f"{file} is no report of `mien lab evaluate`: {error}") from error
    return dict(found)


def compare(reports: Sequence[dict[str, Any]]) -> str:
    """Tables in Markdown, and what stands against comparing: uses of the pictures, or that they are not the same.

    What was claimed stands beside only where all saw the same pictures, or nobody could tell what was measured on which.
    """
    every = [(model, found["data"]) for found in reports for model in found["models"]]
    seen = {found["data"]["sha256"] for found in reports}
    commands = "\n".join(f"- `{found['command']}`" for found in reports)
    parts = [
        table(HEAD, [_row(*one) for one in every]),
        "\n".join(f"{model['model']} on {_where(data)}: {said}" for model, data in every if (said := told(model))),
        short_claims_table([model for model, _ in every])
        if len(seen) == 1
        else "These models did not all see the same pictures: compare with care.",
        f"Made by\n\n{commands}\n",
    ]
    return "\n\n".join(part for part in parts if part)


def _row(model: dict[str, Any], data: dict[str, Any]) -> tuple[str, ...]:
    where = f"{_where(data)}, {data['pictures']:,} pictures, {data['sha256'][:8]}"
    if model["status"] != "ready":
        return model["model"], where, "unavailable", *("—",) * 5
    return (
        model["model"],
        where,
        measured(model),
        f"{model['balanced_accuracy']:.3f}",
        f"{model['macro_f1']:.3f}",
        f"{model['ece']:.3f}",
        f"{model['latency_ms']['p50']:.2f}",
        f"{model['faces_per_s']:.0f}",
    )


def _where(data: dict[str, Any]) -> str:
    return f"{data['name']} {data['split']}"
