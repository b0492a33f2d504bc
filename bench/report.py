"""Writes a report as a page with a figure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.facts import Footage, Machine
from bench.figure import draw
from bench.run import Report
from bench.tables import Table, tables_of

PAGE, FIGURE = Path("performance.md"), Path("images") / "performance.png"


def write(report: Report, folder: Path) -> list[Path]:
    """Write `performance.md` and `images/performance.png` into a folder; gives what was written."""
    page, figure = folder / PAGE, folder / FIGURE
    figure.parent.mkdir(parents=True, exist_ok=True)
    draw(report, figure)
    page.write_text(markdown(report), encoding="utf-8")
    return [page, figure]


def markdown(report: Report) -> str:
    """The page, which looks for its figure beside itself."""
    parts = [
        f"# Performance\n\nMade by this command:\n\n```sh\n{report.command}\n```\n",
        f"![Time, stages, growth and scaling as measured]({FIGURE.as_posix()})\n",
        *(_section(table) for table in tables_of(report)),
        "## Measured on\n\n" + "\n".join(f"- {line}" for line in facts(report)) + "\n",
        f"## How it is measured\n\n{METHOD}",
    ]
    return "\n".join(parts)


def facts(report: Report) -> Iterator[str]:
    yield from _machine(report.machine)
    yield from _footage(report.footage)


def _machine(machine: Machine) -> Iterator[str]:
    yield f"Processor: {machine.cpu}, {machine.cores} cores used, {machine.memory_mb / 1024:.0f} GB of memory."
    yield f"Versions: {', '.join(f'{name} {number}' for name, number in machine.programs.items())}."


def _footage(footage: Footage) -> Iterator[str]:
    keys = footage.key_frame_distance_s
    yield (
        f"Recording: `{footage.name}`, {footage.codec}, {footage.width}x{footage.height}, "
        f"{footage.fps:g} frames per second, {footage.length_s:.1f} s, {footage.size_bytes / 1e6:.1f} million bytes, "
        f"{'a single key frame' if keys is None else f'a key frame every {keys:.2f} s'}."
    )
    yield f"SHA-256 of the recording: `{footage.sha256}`."


def _section(table: Table) -> str:
    rows = [table.columns, ["---", *["---:"] * (len(table.columns) - 1)], *table.rows]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return f"## {table.title}\n\n{table.note}\n\n" + "\n".join(lines) + "\n"


METHOD = """\
Every program runs as a process of its own, and is measured from its start to its end, with the loading of its libraries and models.
CPU is the user and system time of the process and of all its descendants.
Memory is looked at every 0.05 s and counts resident pages, so that pages which processes share count in each of them; a megabyte is 2^20 bytes.
Mien runs as `./mien analyze VIDEO --json` with as many analysers as there are cores.
ffmpeg decodes every frame and does nothing with it: `ffmpeg -i VIDEO -f null -`.
fer's own `Video.analyze` is asked for two frames a second, and to draw and save nothing.
The prototype's way reads every frame, keeps each 15th in memory, searches it for faces with Haar's cascade (scale 1.1, 6 neighbours, 48 pixels), and hands those with a face to fer, which searches again and recognises face by face.
Both use the model that fer takes by default, with integer weights; Mien uses its own default, mien-net.
"""
