"""Times are taken of each batch, and every picture is read once."""

from __future__ import annotations

import numpy as np

from lab.judge.measure import read
from lab.models.reading import Pictures, Probabilities, Status


class Slow:
    """Says which picture it saw; each call takes two seconds of a clock that it turns itself."""

    name, engine, sha256 = "slow", None, None
    status: Status = "ready"
    reason = None
    origin = None
    batch = 4
    side_px = 48
    margin = 0.0

    def __init__(self) -> None:
        self.now_s = 0.0
        self.sizes: list[int] = []

    def probabilities(self, pictures: Pictures) -> Probabilities:
        self.now_s += 2
        self.sizes.append(len(pictures))
        rows = np.zeros((len(pictures), 7), dtype=np.float32)
        rows[:, 0] = pictures[:, 0, 0]
        return rows


PICTURES = np.arange(10, dtype=np.uint8).reshape(10, 1, 1).repeat(48, axis=1).repeat(48, axis=2)


def test_every_picture_is_read_in_its_order() -> None:
    slow = Slow()
    assert read(slow, PICTURES, clock=lambda: slow.now_s).probabilities[:, 0].tolist() == list(range(10))


def test_the_first_batch_is_read_once_more_before_time_is_taken() -> None:
    slow = Slow()
    reading = read(slow, PICTURES, clock=lambda: slow.now_s)
    assert slow.sizes == [4, 4, 4, 2]
    assert reading.faces_per_s == 10 / 6


def test_the_time_of_a_batch_is_shared_by_its_pictures() -> None:
    slow = Slow()
    assert read(slow, PICTURES, clock=lambda: slow.now_s).per_face_ms.tolist() == [500, 500, 1000]


def test_progress_is_told_after_each_batch() -> None:
    told: list[int] = []
    read(Slow(), PICTURES, told.append)
    assert told == [4, 8, 10]
