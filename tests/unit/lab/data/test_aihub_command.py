from __future__ import annotations

import inspect
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cli import console, lab_prepare
from lab.data.aihub import MAPPINGS, Choice
from lab.data.merge import Mix
from tests.unit.lab.data.aihub_set import UPLOADER, jpeg, name_of, record, write_labels, write_zip


@pytest.fixture
def app() -> typer.Typer:
    group = typer.Typer()
    lab_prepare.register(group)
    return group


@pytest.fixture
def root(tmp_path: Path) -> Path:
    happy, odd = name_of(UPLOADER, "기쁨"), name_of(UPLOADER, "당황")
    write_zip(tmp_path / "set/a.zip", {happy: jpeg(), odd: jpeg()})
    write_labels(tmp_path / "set/a.json", [record(happy, *["기쁨"] * 3), record(odd, *["당황"] * 3)])
    return tmp_path / "set"


def test_the_command_knows_all_mappings() -> None:
    assert [mapping.value for mapping in lab_prepare.Mapping] == list(MAPPINGS)


def test_the_commands_defaults_are_those_of_the_readers() -> None:
    aihub, merge = (
        {name: one.default for name, one in inspect.signature(command).parameters.items()}
        for command in (lab_prepare.aihub, lab_prepare.merge)
    )
    assert (
        Choice(
            min_agree=aihub["min_agree"],
            mapping=aihub["mapping"],
            side_px=aihub["side"],
            margin=aihub["margin"],
            seed=aihub["seed"],
        )
        == Choice()
    )
    assert Mix(per_class=merge["per_class"], seed=merge["seed"]) == Mix()


def test_archives_become_a_data_folder_and_folders_a_mix(app: typer.Typer, root: Path, tmp_path: Path) -> None:
    made, mixed = tmp_path / "made", tmp_path / "mixed"
    done = CliRunner().invoke(app, ["aihub", "--root", str(root), "--out", str(made)], catch_exceptions=False)
    assert f"{made}: 1 of 2 pictures" in done.stdout
    assert "dropped: 1 not in the mapping" in done.stdout
    CliRunner().invoke(app, ["merge", "--data", str(made), "--data", str(made), "--out", str(mixed)])
    assert json.loads((mixed / "manifest.json").read_text())["kept"] == 1


@pytest.mark.parametrize("option", ["--zip", "--csv", "--folder"])
def test_a_source_that_does_not_exist_is_refused(app: typer.Typer, tmp_path: Path, option: str) -> None:
    (tmp_path / "ok.csv").write_text("emotion,pixels,Usage\n")
    named = ["--csv", str(tmp_path / "ok.csv"), option, str(tmp_path / "valdation")]
    done = CliRunner().invoke(app, ["fer2013", *named, "--out", str(tmp_path / "made")])
    assert done.exit_code == 2
    assert not (tmp_path / "made").exists()


def test_damaged_labels_fail_with_file_and_line(app: typer.Typer, root: Path, tmp_path: Path) -> None:
    (root / "a.json").write_text('[\n{"filename": "a.jpg"\n')
    done = CliRunner().invoke(app, ["aihub", "--root", str(root), "--out", str(tmp_path / "made")])
    assert isinstance(done.exception, console.Failure)
    assert "a.json, line 3: is no JSON list of labels" in str(done.exception)
    assert not (tmp_path / "made").exists()
