"""Reports side by side: a line for each model of each, so that figures of other days and data can be told apart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab.judge.report import REPORT_FILE, measured, table
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
    """One table in Markdown, and a warning where the models did not see the same pictures."""
    rows = [_row(model, found["data"]) for found in reports for model in found["models"]]
    seen = {found["data"]["sha256"] for found in reports}
    commands = "\n".join(f"- `{found['command']}`" for found in reports)
    warning = "" if len(seen) == 1 else "\n\nThese models did not all see the same pictures: compare with care."
    return f"{table(HEAD, rows)}{warning}\n\nMade by\n\n{commands}\n"


def _row(model: dict[str, Any], data: dict[str, Any]) -> tuple[str, ...]:
    where = f"{data['name']} {data['split']}, {data['pictures']:,} pictures, {data['sha256'][:8]}"
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
