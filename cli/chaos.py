"""`mien chaos`: many jobs under random faults, and whether one was lost or doubled."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli import console

if TYPE_CHECKING:
    from tests.chaos.soak import Report

PANEL = "Working on Mien"


def register(app: typer.Typer) -> None:
    app.command(rich_help_panel=PANEL)(chaos)


def chaos(
    minutes: Annotated[float, typer.Option(min=0.1, help="How long faults are thrown.")] = 5.0,
    seed: Annotated[int, typer.Option(help="Which faults, and in which order.")] = 1,
    jobs: Annotated[int | None, typer.Option(min=1, help="End earlier, once so many jobs were accepted.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 2,
    analysers: Annotated[int, typer.Option(min=1, help="Analysers of each.")] = 1,
    pause: Annotated[float, typer.Option(min=0.1, help="Mean time between two faults, in seconds.")] = 3.0,
    default_leases: Annotated[bool, typer.Option("--default-leases", help="Those of a deployment; else 4 s.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write the report as JSON, too.")] = None,
) -> None:
    """Start everything here, submit jobs, kill, cut and stop things, and check that nothing was lost or doubled.

    Ends with 1 when an invariant does not hold; then the data and all logs are kept.
    """
    from cli.stack.signals import ending_as_interrupt
    from tests.chaos.soak import Plan, soak

    plan = Plan(
        seed=seed,
        seconds=60 * minutes,
        jobs=jobs,
        workers=workers,
        analysers=analysers,
        pause_s=pause,
        default_leases=default_leases,
    )
    folder = Path(tempfile.mkdtemp(prefix="mien-chaos-"))
    try:
        with ending_as_interrupt():
            found = soak(folder, plan, console.note)
    except KeyboardInterrupt:
        shutil.rmtree(folder, ignore_errors=True)
        raise typer.Exit(130) from None
    _show(found)
    if report is not None:
        report.write_text(json.dumps(found.to_dict(), indent=2) + "\n")
    if found.violations:
        raise console.Failure(f"{len(found.violations)} invariants do not hold; data and logs are in {folder}")
    shutil.rmtree(folder, ignore_errors=True)


def _show(report: Report) -> None:
    rows = [(name, str(count)) for name, count in report.faults.items()]
    console.table(("fault", "injected"), [*rows, ("in all", str(sum(report.faults.values())))])
    print()
    figures = {name: value for name, value in report.to_dict().items() if name not in ("faults", "violations")}
    for name, value in figures.items():
        print(f"{name.replace('_', ' '):24}{value}")
    for violation in report.violations:
        print(f"VIOLATED  {violation}")
