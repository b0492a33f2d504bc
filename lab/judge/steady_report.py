"""How steady models are, as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lab.judge.report import table
from shared.domain.emotions import EMOTIONS

ALL = "all"
HEAD = (
    "model",
    "recording",
    "neighbours agree",
    "distance",
    "jittered stays",
    "distance",
    "mirrored stays",
    "distance",
    "confidence",
)
FIGURES = (
    "neighbours_same",
    "neighbours_distance",
    "jittered_same",
    "jittered_distance",
    "mirrored_same",
    "mirrored_distance",
    "confidence",
)
NOTHING = "—"

Model = dict[str, Any]


def markdown(found: dict[str, Any]) -> str:
    """The whole page, from what `steady.json` holds."""
    sections = [
        f"# Models on recordings\n\n{_recordings(found)}\n\nMade by\n\n```sh\n{found['command']}\n```",
        f"## How steady\n\n{figures_table(found['models'])}\n\n{_notes(found)}",
        f"## Dominant expressions, in per cent of the samples\n\n{dominant_table(found['models'])}",
        *_missing(found["models"]),
    ]
    return "\n\n".join(sections) + "\n"


def figures_table(models: Sequence[Model]) -> str:
    """A line for each model and recording; the rows of all recordings only where there are several."""
    rows = [(model, name, *(_figure(figures, one) for one in FIGURES)) for model, name, figures in _rows(models)]
    return table(HEAD, rows)


def dominant_table(models: Sequence[Model]) -> str:
    rows = [
        (model, name, *(_share(figures["dominant"], emotion) for emotion in EMOTIONS))
        for model, name, figures in _rows(models)
        if figures is not None
    ]
    return table(("model", "recording", *EMOTIONS), rows)


def _rows(models: Sequence[Model]) -> Iterator[tuple[str, str, dict[str, Any] | None]]:
    """Model, recording and figures; None for a model that is unavailable."""
    for model in models:
        if model["status"] != "ready":
            yield model["model"], "unavailable", None
            continue
        for figures in model["recordings"]:
            yield model["model"], figures["recording"], figures
        if len(model["recordings"]) > 1:
            yield model["model"], ALL, model["overall"]


def _figure(figures: dict[str, Any] | None, name: str) -> str:
    """Shares in per cent, all else as it is; with the interval."""
    one = None if figures is None else figures[name]
    if one is None:
        return NOTHING
    low, high = one["interval"]
    if name.endswith("_same"):
        return f"{100 * one['mean']:.1f} % ({100 * low:.1f} to {100 * high:.1f})"
    return f"{one['mean']:.3f} ({low:.3f} to {high:.3f})"


def _share(shares: dict[str, float] | None, emotion: str) -> str:
    return NOTHING if shares is None else f"{100 * shares[emotion]:.1f}"


def _recordings(found: dict[str, Any]) -> str:
    rows = [
        (one["name"], f"{one['duration_s']:.1f} s", str(one["samples"]), str(one["with_subject"]), f"`{one['sha256']}`")
        for one in found["recordings"]
    ]
    return table(("recording", "length", "samples", "with the subject's face", "SHA-256"), rows)


def _notes(found: dict[str, Any]) -> str:
    jitter, interval = found["jitter"], found["interval"]
    return (
        "Agree and stay: the share in which the dominant expression is the same. "
        "Distance: the mean total variation distance of the probabilities, from 0 to 1.\n"
        "Neighbours are samples one after the other, both with the subject's face and of different frames.\n"
        f"Jittered is each face cut out {jitter['draws']} times more, its box moved and resized at random by up to "
        f"{100 * jitter['share']:.0f} % (seed {jitter['seed']}); mirrored is its picture flipped.\n"
        "Confidence is the mean of the largest probability: a model that always says the same is steady too.\n"
        f"In brackets are {100 * interval['level']:.0f} % intervals by bootstrap over samples "
        f"({interval['resamples']:,} times, seed {interval['seed']}); "
        "samples of one recording resemble each other, so that other recordings may differ by more."
    )


def _missing(models: Sequence[Model]) -> list[str]:
    missing = [f"- {one['model']}: {one['reason']}" for one in models if one["status"] != "ready"]
    return ["## Not measured\n\n" + "\n".join(missing)] if missing else []
