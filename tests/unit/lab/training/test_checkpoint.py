from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lab.data.damage import Damaged
from lab.training import checkpoint
from lab.training.average import Average
from lab.training.checkpoint import State


def state() -> State:
    rng = np.random.default_rng(0)
    kernel = rng.normal(size=(3, 3, 8, 8)).astype(np.float32)
    return State(
        weights=[kernel, np.array([1, 2], np.uint32)],
        mean=[kernel * 2, np.full(8, 1e-9, np.float32)],
        memory=[np.array(7, np.int64), np.array(0.1, np.float32), kernel * 1e-9, kernel * 1e5],
        facts={"rows": [{"epoch": 1}], "steps": 5},
    )


def arrays(some: State) -> list[np.ndarray]:
    return [*some.weights, *some.mean, *some.memory]


def test_what_comes_back_is_what_was_rounded(tmp_path: Path) -> None:
    checkpoint.write(tmp_path / "c.npz", state())
    back = checkpoint.read(tmp_path / "c.npz")
    assert back.facts == state().facts
    assert all(map(np.array_equal, arrays(back), arrays(state().rounded())))


def test_rounding_twice_changes_nothing_more() -> None:
    once = state().rounded()
    assert all(map(np.array_equal, arrays(once), arrays(once.rounded())))


def test_weights_are_exact_and_all_else_is_close() -> None:
    before, after = state(), state().rounded()
    assert all(map(np.array_equal, before.weights, after.weights))
    for kind in ("mean", "memory"):
        for one, other in zip(getattr(before, kind), getattr(after, kind), strict=True):
            assert np.allclose(one, other, rtol=2**-8, atol=0)


def test_a_kernel_takes_eight_bytes_for_each_weight(tmp_path: Path) -> None:
    kernel = np.ones((3, 3, 64, 64), np.float32)
    checkpoint.write(tmp_path / "c.npz", State(weights=[kernel], mean=[kernel], memory=[kernel]))
    assert (tmp_path / "c.npz").stat().st_size < 8.1 * kernel.size


def test_a_cut_off_checkpoint_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    checkpoint.write(path, state())
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(Damaged, match=r"c\.npz"):
        checkpoint.read(path)


def test_the_mean_of_weights_forgets_early_ones_soon_and_later_ones_slowly() -> None:
    average = Average([np.zeros(1, np.float32), np.array([1])], kept=0.9)
    for _ in range(100):
        average.follow([np.ones(1, np.float32), np.array([2])])
    assert average.weights[0] == pytest.approx(1, abs=1e-3)
    average.follow([np.zeros(1, np.float32), np.array([3])])
    assert average.weights[0] == pytest.approx(0.9, abs=1e-3)
    assert average.weights[1] == [3]
