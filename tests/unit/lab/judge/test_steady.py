"""The figures are those that a person computes by hand."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli.lab_judge import command_of
from lab.judge.steady import JITTER, Readings, figures_of, jittered, values_of
from lab.judge.steady_report import figures_table
from shared.domain.emotions import EMOTIONS
from shared.domain.samples import Box

FACE = Box(x=300, y=200, width=200, height=100)


def says(**shares: float) -> list[float]:
    """Probabilities of the named expressions; the others have none."""
    return [shares.get(emotion, 0.0) for emotion in EMOTIONS]


HAPPY, SAD = says(happy=0.75, sad=0.25), says(happy=0.25, sad=0.75)
UNSURE = says(happy=0.5, neutral=0.25, sad=0.25)


def readings(plain: list[list[float]], **others: Any) -> Readings:
    """Of samples in a row with frames of their own, unmoved by jitter and mirror unless it is said otherwise."""
    probabilities = np.array(plain, dtype=np.float32).reshape(-1, 7)
    given: dict[str, Any] = {
        "numbers": np.arange(len(plain)),
        "pts": 45_000 * np.arange(len(plain)),
        "mirrored": probabilities,
        "jittered": np.repeat(probabilities[:, None], 2, axis=1),
    }
    changed = {name: np.array(value) for name, value in others.items()}
    return Readings(plain=probabilities, **(given | changed))


def means(found: dict[str, Any], name: str) -> tuple[float, float]:
    return found[f"{name}_same"]["mean"], found[f"{name}_distance"]["mean"]


def test_neighbours_are_compared_in_their_order() -> None:
    found = figures_of(values_of(readings([HAPPY, UNSURE, SAD, SAD])))
    assert (found["samples"], found["pairs"]) == (4, 3)
    assert means(found, "neighbours") == pytest.approx((2 / 3, (0.25 + 0.5 + 0) / 3))


def test_samples_with_one_between_them_are_no_neighbours() -> None:
    found = figures_of(values_of(readings([HAPPY, SAD, SAD], numbers=[4, 6, 7])))
    assert found["pairs"] == 1
    assert means(found, "neighbours") == (1.0, 0.0)


def test_samples_that_share_a_frame_are_no_neighbours() -> None:
    found = figures_of(values_of(readings([HAPPY, HAPPY, SAD], pts=[0, 0, 45_000])))
    assert found["pairs"] == 1
    assert means(found, "neighbours") == (0.0, 0.5)


def test_of_all_draws_of_the_jitter_the_mean_is_taken() -> None:
    found = figures_of(values_of(readings([HAPPY, SAD], jittered=[[HAPPY, SAD], [SAD, SAD]])))
    assert means(found, "jittered") == (0.75, 0.125)


def test_a_mirrored_face_is_compared_with_itself() -> None:
    found = figures_of(values_of(readings([HAPPY, SAD, SAD, UNSURE], mirrored=[HAPPY, HAPPY, SAD, HAPPY])))
    assert means(found, "mirrored") == (0.75, (0 + 0.5 + 0 + 0.25) / 4)


def test_what_it_says_and_how_surely_stands_beside() -> None:
    found = figures_of(values_of(readings([HAPPY, UNSURE, SAD, SAD])))
    assert found["confidence"]["mean"] == (0.75 + 0.5 + 0.75 + 0.75) / 4
    assert found["dominant"] == dict.fromkeys(EMOTIONS, 0.0) | {"happy": 0.5, "sad": 0.5}


def test_an_interval_is_that_of_the_normal_approximation() -> None:
    mirrored = [HAPPY] * 320 + [SAD] * 80
    low, high = figures_of(values_of(readings([HAPPY] * 400, mirrored=mirrored)))["mirrored_same"]["interval"]
    assert (low, high) == pytest.approx((0.8 - 1.96 * 0.02, 0.8 + 1.96 * 0.02), abs=0.005)


def test_without_a_face_there_are_no_figures() -> None:
    found = figures_of(values_of(readings([], jittered=np.empty((0, 5, 7)))))
    counts = {"samples": 0, "pairs": 0}
    assert {name: value for name, value in found.items() if value is not None} == counts


def test_one_sample_has_no_neighbours() -> None:
    found = figures_of(values_of(readings([HAPPY])))
    assert (found["neighbours_same"], found["neighbours_distance"]) == (None, None)
    assert found["mirrored_same"] == {"mean": 1.0, "interval": [1.0, 1.0]}
    ready = {"model": "fer", "status": "ready", "recordings": [{"recording": "a.mp4", **found}]}
    assert figures_table([ready]).splitlines()[-1].startswith("| fer | a.mp4 | — | — | 100.0 % (100.0 to 100.0) |")


def test_jitter_moves_each_of_the_four_by_its_share_of_the_box() -> None:
    chance = random.Random(0)
    boxes = [jittered(FACE, chance) for _ in range(2000)]
    for name, size in (("x", FACE.width), ("y", FACE.height), ("width", FACE.width), ("height", FACE.height)):
        moved = {getattr(box, name) - getattr(FACE, name) for box in boxes}
        assert moved == set(range(-round(JITTER * size), round(JITTER * size) + 1))


def test_the_report_repeats_the_command_without_the_paths_of_this_machine() -> None:
    command = command_of(
        *("steady", Path("/home/me/my talk.mp4"), Path("b.mp4")), models=["fer", "net:/home/me/net"], out=Path("out")
    )
    assert command == "./mien lab steady 'my talk.mp4' b.mp4 --models fer,net:net --out out"
