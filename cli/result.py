"""Shows a result on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from worker.artifacts.page.texts_en import ENGLISH

REASONS = {
    "no_face": "no face was found",
    "low_coverage": "the face was seen in less than half of the recording",
    "too_short": "the face was seen for less than three seconds",
}
MAX_MOMENTS = 12


def show_result(result: Mapping[str, Any]) -> None:
    """Score, moments, coverage and advice, for a person."""
    console = Console(highlight=False)
    score, coverage = result["score"], result["coverage"]
    if score["value"] is None:
        console.print(f"No score: {REASONS.get(score['reason'], score['reason'])}.", style="bold")
    else:
        console.print(f"Score {score['value']:.1f} of 100", style="bold", end="")
        console.print(f"  ({score['policy']}; {result['total_score']} by the prototype's count)")
    console.print(
        f"Face in {coverage['with_face']} of {coverage['samples']} samples ({coverage['ratio']:.0%}), "
        f"longest gap {coverage['longest_gap_s']:.1f} s"
    )
    if result["moments"]:
        console.print(_moments(result["moments"]))
    for advice in _advice(result.get("quality") or {}):
        console.print(f"Picture: {advice}", style="yellow")
    for warning in result["warnings"]:
        console.print(f"Warning: the recording is {warning}.", style="yellow")
    console.print(result["notice"], style="dim")


def _advice(quality: Mapping[str, Any]) -> Iterator[str]:
    """As a saved report words it; a newer server may know codes that we do not."""
    for code in quality.get("advice", ()):
        if sentence := ENGLISH.get(f"advice.{code}"):
            yield sentence.format(share=f"{quality[code]:.0%}")


def _moments(moments: list[dict[str, Any]]) -> Table:
    table = Table(title="Moments that cost points", title_justify="left", box=None, pad_edge=False)
    for name in ("from", "to", "expression", "confidence"):
        table.add_column(name, justify="left" if name == "expression" else "right")
    longest = sorted(moments, key=lambda moment: moment["start_s"] - moment["end_s"])[:MAX_MOMENTS]
    for moment in sorted(longest, key=lambda moment: float(moment["start_s"])):
        times = (clock(moment["start_s"]), clock(moment["end_s"]))
        table.add_row(*times, moment["emotion"], f"{moment['confidence']:.0%}")
    if len(moments) > MAX_MOMENTS:
        table.caption = f"the {MAX_MOMENTS} longest of {len(moments)}"
    return table


def clock(seconds: float) -> str:
    """Minutes and seconds: 75.5 is 1:15.5."""
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}:{rest:04.1f}"
