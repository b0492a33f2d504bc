from __future__ import annotations

import json
from pathlib import Path

import pytest

from shared.model_folders import read_model_folders
from tests.unit.domain.test_model_card import CARD


def folder(path: Path, name: str) -> Path:
    path.mkdir()
    (path / "model.json").write_text(json.dumps({**CARD, "name": name}))
    return path


def test_models_are_known_by_the_names_that_their_cards_give(tmp_path: Path) -> None:
    found = read_model_folders([folder(tmp_path / "a", "one"), folder(tmp_path / "b", "two")])
    assert {name: model.path.name for name, model in found.items()} == {"one": "a", "two": "b"}


@pytest.mark.parametrize("name", ["fer", "mien-net", "one"])
def test_a_name_is_taken_once(tmp_path: Path, name: str) -> None:
    folders = [folder(tmp_path / "a", "one"), folder(tmp_path / "b", name)]
    with pytest.raises(ValueError, match=f"named '{name}' already"):
        read_model_folders(folders)


def test_a_folder_without_a_card_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no model folder"):
        read_model_folders([tmp_path])


def test_a_card_that_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text("{")
    with pytest.raises(ValueError, match="is no model folder"):
        read_model_folders([tmp_path])
