"""Which pictures can be passed over, on pyramids of B pictures written by hand."""

from __future__ import annotations

import pytest

from worker.pipeline.nal import NotUnderstoodError
from worker.pipeline.references import Coded, Follower
from worker.pipeline.slices import INTRA, B, P, Picture, Prediction, Sequence

SEQUENCE = Sequence(frame_num_bits=4, poc_lsb_bits=6, references=3, in_colour=True)
TWO_BACK = ((0, 1),)
ONE_EACH = Prediction(B, (1, 1), ((), ()))


def coded(kind: int, frame_num: int, poc: int, *, spare: bool = False, prediction: Prediction | None = None) -> Coded:
    """A reference; P pictures predict from the last but one, as over the top of a pyramid."""
    own = {INTRA: Prediction(INTRA, (), ()), P: Prediction(P, (1,), (TWO_BACK,)), B: ONE_EACH}[kind]
    is_idr = kind == INTRA
    marking = () if is_idr else None
    return Coded(Picture(is_idr, True, frame_num, poc, 0, marking, (prediction or own,)), spare)


def leaf(frame_num: int, poc: int) -> Coded:
    """A wanted picture to which nothing refers."""
    return Coded(Picture(False, False, frame_num, poc, 0, None, (ONE_EACH,)), spare=False)


def pyramids(count: int, *leaves: Coded) -> list[Coded]:
    """An IDR picture and pyramids of four pictures, with leaves after the top whose frame number they follow."""
    first = Prediction(P, (1,), ((),))
    run = [coded(INTRA, 0, 0)]
    for number in range(count):
        frame_num, poc = 2 * number + 1, 8 * number + 8
        run.append(coded(P, frame_num, poc, prediction=None if number else first))
        run.append(coded(B, frame_num + 1, poc - 4, spare=True))
        run.extend(one for one in leaves if one.picture.frame_num == frame_num + 2)
    return run


def test_tops_of_pyramids_without_a_wanted_picture_are_passed_over() -> None:
    assert Follower(SEQUENCE).spared(pyramids(3), goes_on=False) == {2, 4, 6}


def test_what_a_wanted_picture_predicts_from_is_decoded() -> None:
    # The leaf needs the last top, and that top needs the one before in its place, lest a stand-in be taken for it.
    run = pyramids(3, leaf(7, 22))
    assert Follower(SEQUENCE).spared(run, goes_on=False) == {2}


def test_a_top_is_decoded_where_its_stand_in_would_take_a_place_in_a_list() -> None:
    # The leaf itself does not refer to the top, but the stand-in has a time between those it does refer to.
    run = [*pyramids(1), coded(P, 3, 16), leaf(4, 14)]
    assert Follower(SEQUENCE).spared(run, goes_on=False) == set()


def test_the_buffer_must_be_the_same_where_more_pictures_follow() -> None:
    # The last two tops stay in the buffer, and each needs the one before it in place.
    assert Follower(SEQUENCE).spared(pyramids(3), goes_on=True) == set()
    assert Follower(SEQUENCE).spared(pyramids(4), goes_on=True) == {2}


def test_pictures_looked_at_in_parts_are_followed_through() -> None:
    follower, run = Follower(SEQUENCE), pyramids(4)
    assert follower.spared(run[:5], goes_on=True) == set()
    assert follower.spared(run[5:], goes_on=False) == {1, 3}


def test_nothing_is_passed_over_before_the_first_idr_picture() -> None:
    assert Follower(SEQUENCE).spared(pyramids(3)[1:], goes_on=False) == set()


def test_nothing_is_passed_over_that_may_not() -> None:
    run = [Coded(one.picture, spare=False) for one in pyramids(3)]
    assert Follower(SEQUENCE).spared(run, goes_on=False) == set()


@pytest.mark.parametrize(
    "run",
    [
        [coded(INTRA, 0, 0), coded(P, 2, 8, prediction=Prediction(P, (1,), ((),)))],
        [coded(INTRA, 0, 0), coded(P, 0, 8, prediction=Prediction(P, (1,), ((),)))],
        [coded(INTRA, 0, 0), coded(P, 1, 8)],
        [coded(INTRA, 0, 0), coded(P, 1, 8, prediction=Prediction(P, (2,), ((),)))],
    ],
    ids=["a gap", "the same number twice", "a change to what is not there", "a list that is not full"],
)
def test_pictures_that_contradict_each_other_are_not_understood(run: list[Coded]) -> None:
    with pytest.raises(NotUnderstoodError):
        Follower(SEQUENCE).spared(run, goes_on=False)
