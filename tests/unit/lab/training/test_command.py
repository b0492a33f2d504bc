"""What a training is not begun with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lab.data import dataset
from lab.training.command import Refused, Request, run_training
from tests.unit.lab.stripes import faces


def nobody(*_: object) -> None:
    """Watches no progress: there is none."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    dataset.write(tmp_path / "data", faces(2), {"data": "stripes"})
    return tmp_path / "data"


@pytest.mark.parametrize(
    ("name", "said"), [("votes.npy", "votes on other pictures"), ("soft.npy", "no rows of probabilities")]
)
def test_soft_targets_that_do_not_fit_are_refused(data: Path, tmp_path: Path, name: str, said: str) -> None:
    np.save(tmp_path / name, np.ones((14, 7)))
    asked = Request(recipe="custom-cnn", data=data, out=tmp_path / "run", soft=tmp_path / name)
    with pytest.raises(Refused, match=said):
        run_training(asked, nobody)


def test_several_arrays_are_no_soft_targets(data: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "soft.npz", one=np.ones(7), two=np.ones(7))
    asked = Request(recipe="custom-cnn", data=data, out=tmp_path / "run", soft=tmp_path / "soft.npz")
    with pytest.raises(Refused, match="no rows of probabilities"):
        run_training(asked, nobody)
