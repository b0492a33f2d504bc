"""A report as a page: what was claimed beside what was measured, and how."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from lab.judge.claims import CLAIMS, Claim
from lab.judge.uses import told
from shared.domain.emotions import EMOTIONS

REPORT_FILE = "report.json"

Model = dict[str, Any]


def markdown(found: dict[str, Any]) -> str:
    """The whole page, from what `report.json` holds."""
    sections = [
        _head(found),
        "## Claimed and measured\n\n" + claims_table(found["models"]),
        "## Figures\n\n" + _figures(found),
        "## Recall by expression\n\n" + recall_table(found["models"]),
        *map(_pictures, _ready(found["models"])),
        *_missing(found["models"]),
    ]
    return "\n\n".join(sections) + "\n"


def claims_table(models: Sequence[Model]) -> str:
    """One line for each claim, and one for each model that nothing was claimed of."""
    claimed = {name for claim in CLAIMS for name in claim.models}
    rows = [_claim_row(claim, models) for claim in CLAIMS]
    rows += [(one["model"], "—", "—", measured(one)) for one in models if one["model"] not in claimed]
    return _claims(rows)


def short_claims_table(models: Sequence[Model]) -> str:
    """Only the claims about these models; empty where there are none."""
    names = {one["model"] for one in models}
    rows = [_claim_row(claim, models) for claim in CLAIMS if names.intersection(claim.models)]
    return _claims(rows) if rows else ""


def figures_table(models: Sequence[Model]) -> str:
    head = (
        "model",
        "accuracy",
        "balanced",
        "macro-F1",
        "ECE",
        "ms per face, p50 / p95",
        "faces/s",
        "against the first",
    )
    return table(head, [_figures_row(one) for one in models])


def recall_table(models: Sequence[Model]) -> str:
    rows = [
        (one["model"], *(f"{one['per_class'][emotion]['recall']:.2f}" for emotion in EMOTIONS))
        for one in _ready(models)
    ]
    return table(("model", *EMOTIONS), rows)


def measured(model: Model) -> str:
    """An accuracy with its interval, or that there is none."""
    if model["status"] != "ready":
        return "unavailable"
    return f"{_percent(model['accuracy'])} ({_range(model['interval']['accuracy'])})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: bool = True) -> str:
    """In Markdown; numbers, in all columns but the first, stand to the right."""
    rule = "---:" if numbers else "---"
    lines = [head, ("---", *(rule for _ in head[1:])), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def confusion_csv(confusion: Sequence[Sequence[int]]) -> str:
    """A line for each expression shown, a column for each answer."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("shown", *EMOTIONS))
    writer.writerows((emotion, *row) for emotion, row in zip(EMOTIONS, confusion, strict=True))
    return text.getvalue()


def uses(models: Sequence[Model]) -> list[str]:
    """A sentence for each model that was made with the pictures that it is judged by."""
    return [f"{one['model']}: {said}" for one in models if (said := told(one)) is not None]


def _head(found: dict[str, Any]) -> str:
    data = found["data"]
    part = "" if data["pictures"] == data["of"] else f" of {data['of']:,}, drawn at random"
    return (
        f"# Models on {data['name']}, {data['split']}\n\n"
        f"{data['pictures']:,} pictures{part}; SHA-256 of these pictures and labels `{data['sha256']}`, "
        f"of the folder's arrays `{data['arrays_sha256']}`.\n"
        f"Made by\n\n```sh\n{found['command']}\n```\n\n"
        f"on {found['machine']['cpu']} with Python {found['machine']['python']}."
    )


def _claim_row(claim: Claim, models: Sequence[Model]) -> tuple[str, ...]:
    found = [one for name in claim.models for one in models if one["model"] == name]
    first = next(iter([*_ready(found), *found]), None)
    return claim.system, claim.claimed, claim.traceable, measured(first) if first else "not in this report"


def _claims(rows: Iterable[Sequence[str]]) -> str:
    return table(("system", "claimed", "traceable?", "measured"), rows, numbers=False)


def _figures(found: dict[str, Any]) -> str:
    said = "\n".join(uses(found["models"]))
    return "\n\n".join(part for part in (figures_table(found["models"]), said, _notes(found)) if part)


def _figures_row(model: Model) -> tuple[str, ...]:
    if model["status"] != "ready":
        return model["model"], "unavailable", *("—",) * 6
    latency = model["latency_ms"]
    return (
        model["model"],
        measured(model),
        f"{model['balanced_accuracy']:.3f} ({_range(model['interval']['balanced_accuracy'], 1, 3)})",
        f"{model['macro_f1']:.3f} ({_range(model['interval']['macro_f1'], 1, 3)})",
        f"{model['ece']:.3f}",
        f"{latency['p50']:.2f} / {latency['p95']:.2f}",
        f"{model['faces_per_s']:.0f}",
        _pair(model["mcnemar"]),
    )


def _pair(pair: dict[str, Any] | None) -> str:
    if pair is None:
        return "is the first"
    p = f"p = {pair['p']:.3f}" if pair["p"] >= 0.001 else "p < 0.001"
    return f"{pair['only_second']} gained, {pair['only_first']} lost, {p}"


def _notes(found: dict[str, Any]) -> str:
    interval = found["interval"]
    return (
        f"In brackets are {100 * interval['level']:.0f} % intervals by bootstrap over pictures "
        f"({interval['resamples']:,} times, seed {interval['seed']}).\n"
        "Times are processor time on one thread, in batches as the worker computes them, with all of a model's views.\n"
        "Against the first: pictures that only this model, or only the first one, is right about, and McNemar's test.\n"
        "ECE is over 15 bins of equal width by the first answer."
    )


def _pictures(model: Model) -> str:
    name = model["model"]
    return (
        f"## {name}\n\n![Who is taken for whom]({name}/confusion.png) ![How sure and how right]({name}/reliability.png)"
    )


def _missing(models: Sequence[Model]) -> list[str]:
    missing = [f"- {one['model']}: {one['reason']}" for one in models if one["status"] != "ready"]
    return ["## Not measured\n\n" + "\n".join(missing)] if missing else []


def _ready(models: Sequence[Model]) -> list[Model]:
    return [one for one in models if one["status"] == "ready"]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _range(interval: Sequence[float], factor: int = 100, digits: int = 1) -> str:
    return " to ".join(f"{factor * end:.{digits}f}" for end in interval)
