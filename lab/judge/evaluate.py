"""Runs models over the same pictures, and writes what came out."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from lab.judge import entry, intervals, plots, report
from lab.judge.measure import Reading, read
from lab.judge.pictures import Split
from lab.judge.report import REPORT_FILE
from lab.judge.uses import training_of, uses_of
from lab.models.reading import Probabilities, Reader
from shared.domain.emotions import EMOTIONS

Progress = Callable[[str, int, int | None], None]
"""Text, done, total."""


@dataclass(slots=True)
class _First:
    """The model that all others are compared with: the first that is ready."""

    name: str
    probabilities: Probabilities


def evaluate(split: Split, readers: Iterable[Reader], out: Path, command: str, progress: Progress) -> dict[str, Any]:
    """Write `report.json`, `report.md`, and for each model its plots, confusion matrix and answers, to a folder.

    Raises:
        Unavailable: matplotlib is missing; said before anything is computed.
    """
    plots.need_matplotlib()
    out.mkdir(parents=True, exist_ok=True)
    models, first = [], None
    for reader in readers:
        if reader.status != "ready":
            models.append(entry.unavailable(reader))
            continue
        reading = read(reader, split.pictures, partial(_advance, progress, reader.name, len(split.labels)))
        first = first or _First(reader.name, reading.probabilities)
        models.append(_judged(reader, reading, split, first))
        _keep(models[-1], reading, out / reader.name)
    found = _facts(split, command) | {"models": models}
    (out / REPORT_FILE).write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (out / "report.md").write_text(report.markdown(found), encoding="utf-8")
    return found


def _advance(progress: Progress, name: str, pictures: int, done: int) -> None:
    progress(name, done, pictures)


def _judged(reader: Reader, reading: Reading, split: Split, first: _First) -> entry.Entry:
    found = entry.ready(reader, reading, split.labels) | {
        "used_for": uses_of(reader.origin, split),
        "trained": training_of(reader.origin),
    }
    is_first = reader.name == first.name
    found["mcnemar"] = (
        None if is_first else entry.paired(first.probabilities, reading.probabilities, split.labels, first.name)
    )
    return found


def _keep(found: entry.Entry, reading: Reading, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    np.save(folder / "probabilities.npy", reading.probabilities)
    (folder / "confusion.csv").write_text(report.confusion_csv(found["confusion"]), encoding="utf-8")
    plots.draw_confusion(found, folder / "confusion.png")
    plots.draw_reliability(found, folder / "reliability.png")


def _facts(split: Split, command: str) -> dict[str, Any]:
    return {
        "command": command,
        "data": {
            "name": split.data,
            "split": split.name,
            "pictures": len(split.labels),
            "of": split.of,
            "sha256": split.sha256,
            "arrays_sha256": split.arrays_sha256,
        },
        "labels": list(EMOTIONS),
        "interval": {"level": intervals.LEVEL, "resamples": intervals.RESAMPLES, "seed": intervals.SEED},
        "machine": {"cpu": _cpu(), "python": platform.python_version()},
    }


def _cpu() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()
