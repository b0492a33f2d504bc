"""`mien lab prepare`: data sets into folders of arrays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import console

Seed = Annotated[int, typer.Option(min=0, help="Draws the same pictures and people again.")]
Out = Annotated[Path, typer.Option("--out", file_okay=False, help="The data folder to write.")]


class Mapping(StrEnum):
    """The same words as in `lab.data.aihub`, which is imported only when the command runs."""

    STRICT = "strict"
    PROTOTYPE = "prototype"


def register(group: typer.Typer) -> None:
    group.command()(fer2013)
    group.command()(aihub)
    group.command()(merge)


def fer2013(
    out: Out,
    zips: Annotated[
        list[Path],
        typer.Option("--zip", exists=True, dir_okay=False, help="A zip file of class folders; may be repeated."),
    ] = [],  # noqa: B006
    csvs: Annotated[
        list[Path], typer.Option("--csv", exists=True, dir_okay=False, help="The official csv; may be repeated.")
    ] = [],  # noqa: B006
    folders: Annotated[
        list[Path], typer.Option("--folder", exists=True, file_okay=False, help="Class folders; may be repeated.")
    ] = [],  # noqa: B006
    votes: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="FER+'s fer2013new.csv, to take the labels from: "
            "with the whole official csv, or with files that have FER+'s names.",
        ),
    ] = None,
) -> None:
    """Read FER2013 into arrays, with a manifest of what was kept and what was not.

    With --votes the folder also gets votes.npy, which `mien lab train --soft-targets` takes.
    """
    if not zips and not csvs and not folders:
        raise typer.BadParameter("name what to read: --zip, --csv or --folder")
    from cli.progress import progress_bar
    from lab.data.preparing import Sources, prepare_fer2013

    sources = Sources(zips=tuple(zips), csvs=tuple(csvs), folders=tuple(folders), votes=votes)
    with refusing(), progress_bar("Reading pictures") as update:
        made = prepare_fer2013(sources, out, update)
    show(out, made)
    if "votes" in made:
        print(f"{out / made['votes']['file']}: soft targets of {made['votes']['rows']} training pictures")


def aihub(
    root: Annotated[
        Path, typer.Option(exists=True, file_okay=False, help="The folder of AI Hub's data set 82, zip files and all.")
    ],
    out: Out,
    min_agree: Annotated[int, typer.Option(min=1, max=3, help="Annotators who must say the same.")] = 2,
    mapping: Annotated[
        Mapping,
        typer.Option(help="strict leaves 당황, 불안 and 상처 out; prototype calls them surprise, fear and sad."),
    ] = Mapping.STRICT,
    side: Annotated[int, typer.Option(min=16, max=256, help="Of the square faces, in pixels.")] = 48,
    margin: Annotated[float, typer.Option(min=0, max=1, help="Around a face's box, as a fraction of it.")] = 0.1,
    seed: Seed = 0,
) -> None:
    """Read AI Hub's pictures of Koreans (data set 82), without unpacking them."""
    from cli.progress import progress_bar
    from lab.data.aihub import Choice
    from lab.data.aihub_gathering import prepare_aihub

    choice = Choice(min_agree=min_agree, mapping=mapping.value, side_px=side, margin=margin, seed=seed)
    with refusing(), progress_bar("Looking through the archives") as update:
        made = prepare_aihub(root, choice, out, update)
    show(out, made)


def merge(
    data: Annotated[list[Path], typer.Option(exists=True, file_okay=False, help="A data folder; once for each.")],
    out: Out,
    per_class: Annotated[
        int, typer.Option(min=1, help="Training pictures of each class from each data folder.")
    ] = 5000,
    seed: Seed = 0,
) -> None:
    """Mix data folders, balanced by class, with nobody and nothing in two splits."""
    from lab.data.merge import Mix
    from lab.data.merging import prepare_mix

    with refusing(), console.spinner("Mixing"):
        made = prepare_mix(data, Mix(per_class=per_class, seed=seed), out)
    show(out, made)


@contextmanager
def refusing() -> Iterator[None]:
    """Tell what is wrong with the data in one line."""
    from lab.data.damage import Damaged
    from shared.domain.errors import InvalidRequest

    try:
        yield
    except InvalidRequest as refused:
        raise console.Failure(f"{refused.code}: {refused.detail}") from refused
    except (Damaged, ValueError) as damaged:
        raise console.Failure(str(damaged)) from damaged


def show(folder: Path, made: dict[str, Any]) -> None:
    """Pictures by class and split, and what became of the others."""
    splits = list(made["counts"])
    rows = [[emotion, *(str(made["counts"][split][emotion]) for split in splits)] for emotion in made["labels"]]
    console.table(["", *splits], rows)
    print(f"{folder}: {made['kept']} of {made['read']} pictures, sha256 {made['arrays']['sha256']}")
    for reason, some in made["dropped"].items():
        print(f"dropped: {some['count']} {reason}")
