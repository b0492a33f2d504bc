"""Models are named by words, and one that cannot be opened says why."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from cli.lab_judge import command_of
from lab.models.catalogue import open_models
from lab.models.deepface import LABELS, ORDER
from lab.models.reading import fit
from shared.domain.emotions import EMOTIONS
from shared.domain.errors import InvalidRequest


@pytest.mark.parametrize("word", ["vgg", "fer:", ":path", "", "../up:path"])
def test_a_word_that_names_no_model_is_refused_with_those_there_are(word: str) -> None:
    with pytest.raises(
        InvalidRequest, match="name mien-net, fer, fer-litert, fer-mirrored, fer-int8, deepface, or a model"
    ):
        open_models([word])


def test_two_models_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="a name of its own: net, net"):
        open_models(["net:a", "net:b"])


def test_no_word_at_all_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="name at least one model: mien-net, fer,"):
        open_models([])


@pytest.mark.parametrize("name", ["fer", "fer-litert", "fer-mirrored", "fer-int8", "deepface"])
def test_a_folder_is_not_called_like_another_model(name: str) -> None:
    with pytest.raises(InvalidRequest, match=f"{name} is another model than that in net: name the folder otherwise"):
        open_models([f"{name}:net"])


def test_a_new_training_of_mien_net_keeps_its_name(tmp_path: Path) -> None:
    (net,) = open_models([f"mien-net:{tmp_path}"])
    assert (net.name, net.status) == ("mien-net", "unavailable")
    assert tmp_path.name in str(net.reason)


def test_deepface_without_a_folder_says_what_is_missing() -> None:
    (deepface,) = open_models(["deepface"])
    assert deepface.status == "unavailable"
    assert "--deepface-weights" in str(deepface.reason)
    assert "1,485,831 parameters for faces of 48 x 48 px" in str(deepface.reason)


def test_deepface_without_its_file_says_where_it_was_looked_for(tmp_path: Path) -> None:
    (deepface,) = open_models(["deepface"], tmp_path)
    assert str(tmp_path / "facial_expression_model_weights.h5") in str(deepface.reason)


def test_a_folder_without_a_card_is_unavailable(tmp_path: Path) -> None:
    (net,) = open_models([f"net:{tmp_path}"])
    assert (net.name, net.status) == ("net", "unavailable")
    assert "model.json" in str(net.reason)


def test_a_folder_with_other_weights_than_its_card_names_is_unavailable(tmp_path: Path) -> None:
    card = {
        "name": "net",
        "version": "1",
        "input": {"side_px": 48, "colour": "gray", "scale": 1, "offset": 0},
        "margin": 0.1,
        "labels": EMOTIONS,
        "output": "logits",
        "views": ["plain"],
        "temperature": 1,
        "weights": {"litert": {"file": "weights.tflite", "sha256": "00" * 32}},
    }
    (tmp_path / "model.json").write_text(json.dumps(card))
    (tmp_path / "weights.tflite").write_bytes(b"other")
    (net,) = open_models([f"net:{tmp_path}"])
    assert net.status == "unavailable"
    assert "altered" in str(net.reason)


def test_deepface_s_columns_are_put_into_the_order_of_ours() -> None:
    assert [LABELS[column] for column in ORDER] == list(EMOTIONS)


def test_pictures_that_fit_already_are_left_as_they_are() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (3, 48, 48), dtype=np.uint8)
    assert np.array_equal(fit(pictures, 48), pictures)
    assert fit(pictures, 64).shape == (3, 64, 64)


def test_the_report_repeats_the_command_without_the_paths_of_this_machine() -> None:
    words = ["fer", "net:/home/me/my net", "other:models/other"]
    command = command_of(
        *("evaluate", "--data", Path("/home/me/faces"), "--split", "validation"),
        models=words,
        out=Path("out"),
        limit=200,
        deepface_weights=Path("/w"),
    )
    assert command == (
        "./mien lab evaluate --data faces --split validation --models 'fer,net:my net,other:models/other' "
        "--out out --limit 200 --deepface-weights w"
    )
