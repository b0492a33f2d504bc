"""One rule decides who is who, within a segment and across segments."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from shared.domain.samples import Box, Face, Sample
from worker.pipeline.tracks import TrackFollower, join_tracks


def box(x: int, y: int = 0, width: int = 100) -> Box:
    return Box(x=x, y=y, width=width, height=width)


def segment(first: int, *rows: Sequence[tuple[int, Box]]) -> list[Sample]:
    """Samples of half a second; each row lists (local track, box)."""
    return [
        Sample(
            number=first + offset,
            t_s=(first + offset) / 2,
            status="face" if row else "no_face",
            faces=tuple(Face(track=track, box=place, probabilities=(0.0,) * 7) for track, place in row),
        )
        for offset, row in enumerate(rows)
    ]


@pytest.mark.parametrize(
    ("second", "same"),
    [
        (box(150), True),
        (box(151), False),
        (box(-25, -25, 150), True),
        (box(0, 0, 200), True),
        (box(0, 0, 201), False),
        (box(0, 0, 50), True),
        (box(0, 0, 49), False),
    ],
)
def test_a_face_near_the_last_one_and_of_like_size_is_the_same(second: Box, same: bool) -> None:
    follower = TrackFollower()
    follower.follow(0.0, [box(0)])
    assert (follower.follow(0.5, [second]) == [0]) is same


@pytest.mark.parametrize(("t_s", "track"), [(29.9, 0), (30.0, 1)])
def test_a_face_that_stays_away_for_30_s_is_another(t_s: float, track: int) -> None:
    follower = TrackFollower()
    follower.follow(0.0, [box(0)])
    assert follower.follow(t_s, [box(0)]) == [track]


def test_a_track_is_joined_by_one_face_only_the_nearest() -> None:
    follower = TrackFollower()
    follower.follow(0.0, [box(0)])
    assert follower.follow(0.5, [box(80), box(10)]) == [1, 0]


def test_two_faces_that_move_keep_their_tracks() -> None:
    follower = TrackFollower()
    assert follower.follow(0.0, [box(0), box(200)]) == [0, 1]
    assert follower.follow(0.5, [box(240), box(60)]) == [1, 0]


def test_a_face_is_carried_over_the_border_of_segments() -> None:
    mapping = join_tracks({0: segment(0, [(0, box(0))]), 1: segment(1, [(0, box(20))])})
    assert mapping == {0: {0: 0}, 1: {0: 0}}


def test_segments_join_in_their_own_order_not_in_that_of_their_arrival() -> None:
    parts = {0: segment(0, [(0, box(0))]), 1: segment(1, [(0, box(900))]), 2: segment(2, [(0, box(880))])}
    assert join_tracks(parts) == join_tracks(dict(reversed(parts.items())))
    assert join_tracks(parts) == {0: {0: 0}, 1: {0: 1}, 2: {0: 1}}


def test_two_local_tracks_of_one_moment_never_become_one() -> None:
    mapping = join_tracks({0: segment(0, [(0, box(0))]), 1: segment(1, [(0, box(40)), (1, box(5))])})
    assert mapping[1] == {0: 1, 1: 0}


def test_a_track_skips_segments_without_a_face() -> None:
    near = join_tracks({0: segment(0, [(0, box(0))]), 1: segment(1, []), 2: segment(50, [(0, box(0))])})
    far = join_tracks({0: segment(0, [(0, box(0))]), 1: segment(1, []), 2: segment(61, [(0, box(0))])})
    assert near[2] == {0: 0}
    assert far[2] == {0: 1}


def test_joining_equals_following_without_any_border() -> None:
    places = [[box(0), box(400)], [box(30), box(380)], [box(60)], [box(90), box(360)], [box(120), box(330)]]
    whole = TrackFollower()
    expected = [whole.follow(number / 2, row) for number, row in enumerate(places)]
    parts: dict[int, list[Sample]] = {}
    for index, rows in enumerate([places[:2], places[2:]]):
        local, first = TrackFollower(), index * 2
        ids = [local.follow((first + n) / 2, row) for n, row in enumerate(rows)]
        parts[index] = segment(
            first, *[list(zip(row_ids, row, strict=True)) for row_ids, row in zip(ids, rows, strict=True)]
        )
    mapping = join_tracks(parts)
    joined = [[mapping[i][face.track] for face in sample.faces] for i in (0, 1) for sample in parts[i]]
    assert joined == expected
