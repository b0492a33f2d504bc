"""The result puts the samples of all segments together."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from shared.domain.emotions import EMOTIONS
from shared.domain.errors import MediaUnreadable
from shared.domain.options import Options
from shared.domain.plan import Plan, Segment, VideoFacts
from shared.domain.samples import Box, Face, Sample, Status
from worker.pipeline.run import Summary, summarise

SMALL, LARGE = Box(x=0, y=0, width=50, height=50), Box(x=300, y=0, width=100, height=100)


def plan(samples: int, warnings: tuple[str, ...] = ()) -> Plan:
    facts = VideoFacts(duration_s=samples / 2, width=640, height=360, fps=2.0, rotation=0, codec="h264", sha256="00")
    whole = Segment(index=0, seek_pts=0, start_pts=0, end_pts=None, first_sample=0, frame_pts=tuple(range(samples)))
    return Plan(
        facts=facts,
        interval_s=0.5,
        time_base=Fraction(1, 2),
        start_pts=0,
        samples_total=samples,
        segments=(whole,),
        warnings=warnings,
    )


def face(emotion: str, track: int = 0, box: Box = LARGE) -> Face:
    return Face(track=track, box=box, probabilities=tuple(float(label == emotion) for label in EMOTIONS))


def sample(number: int, *faces: Face, status: Status | None = None) -> Sample:
    return Sample(number=number, t_s=number / 2, status=status or ("face" if faces else "no_face"), faces=faces)


def summary_of(samples: list[Sample], options: Options | None = None) -> Summary:
    return summarise(plan(len(samples)), {0: samples}, options or Options())


def test_the_largest_face_for_the_longest_time_is_the_primary_one() -> None:
    both = [sample(n, face("angry", 0, SMALL), face("happy", 1)) for n in range(8)]
    summary = summary_of(both)
    assert summary.primary_track == 1
    assert summary.emotions["happy"] == 1.0
    assert [track.primary for track in summary.tracks] == [False, True]


def test_a_small_face_that_stays_outweighs_a_large_one_that_passes() -> None:
    samples = [sample(n, face("happy", 0, SMALL), *([face("angry", 1)] if n == 3 else [])) for n in range(8)]
    assert summary_of(samples).primary_track == 0


def test_of_equal_faces_the_lowest_id_is_primary() -> None:
    samples = [sample(n, face("happy", 0, LARGE), face("sad", 1, LARGE)) for n in range(8)]
    assert summary_of(samples).primary_track == 0


def test_coverage_counts_the_primary_face_and_any_face() -> None:
    samples = [sample(n, face("happy")) for n in range(6)]
    samples += [sample(n) for n in (6, 7)] + [sample(8, face("sad", 1, SMALL)), sample(9, face("happy"))]
    coverage = summary_of(samples).coverage
    assert (coverage.samples, coverage.with_face, coverage.any_face) == (10, 7, 8)
    assert coverage.ratio == pytest.approx(0.7)
    assert coverage.longest_gap_s == pytest.approx(1.5)


def test_no_face_at_all_has_neither_score_nor_primary_face() -> None:
    summary = summary_of([sample(n) for n in range(10)])
    assert (summary.score.value, summary.total_score, summary.minus_log) == (None, None, {})
    assert summary.score.reason == "no_face"
    assert summary.primary_track is None
    assert (summary.tracks, summary.emotions) == ((), {})


def test_a_recording_of_nine_tenths_is_enough() -> None:
    samples = [sample(n, face("happy")) for n in range(9)] + [sample(9, status="unreadable")]
    summary = summary_of(samples)
    assert summary.coverage.unreadable == 1
    assert summary.warnings == ("damaged",)


def test_less_than_nine_tenths_is_unreadable() -> None:
    samples = [sample(n, face("happy")) for n in range(8)] + [sample(n, status="unreadable") for n in (8, 9)]
    with pytest.raises(MediaUnreadable, match="2 of 10 samples"):
        summary_of(samples)


def test_a_moment_knows_where_to_take_its_picture() -> None:
    moods = ["neutral"] * 6 + ["angry"] * 6 + ["neutral"] * 6
    (moment,) = summary_of([sample(n, face(mood)) for n, mood in enumerate(moods)]).moments
    assert (moment.start_s, moment.end_s, moment.peak_box) == (3.0, 6.0, LARGE)
    assert 3.0 <= moment.peak_t_s < 6.0


def test_only_the_primary_track_is_reported_when_asked() -> None:
    samples = [sample(n, face("happy", 0), face("sad", 1, SMALL)) for n in range(8)]
    summary = summary_of(samples, Options(faces="primary"))
    assert [track.id for track in summary.tracks] == [0]
    assert summary.track_mapping == {0: {0: 0, 1: 1}}


def test_numbers_are_rounded_on_the_wire_only() -> None:
    third = Face(track=0, box=LARGE, probabilities=(1 / 3, 0.0, 0.0, 2 / 3, 0.0, 0.0, 0.0))
    wire = summary_of([sample(n, third) for n in range(7)]).to_dict()
    assert wire["emotions"]["angry"] == 0.3333
    assert wire["score"] == {"policy": "standard-1", "value": 100.0, "reason": None}
    assert wire["coverage"] == {
        "samples": 7,
        "with_face": 7,
        "any_face": 7,
        "unreadable": 0,
        "ratio": 1.0,
        "longest_gap_s": 0.0,
    }
    assert wire["tracks"] == [{"id": 0, "primary": True, "first_s": 0.0, "last_s": 3.0, "samples": 7}]


def test_the_picture_is_judged_by_the_primary_face() -> None:
    dark, lit = (replace(face("happy", track), brightness=light) for track, light in ((0, 20), (1, 130)))
    away = replace(lit, box=SMALL)
    wire = summary_of([sample(n, dark, away) for n in range(6)] + [sample(n, away) for n in (6, 7)]).to_dict()
    assert list(wire)[3:5] == ["coverage", "quality"]
    assert (wire["quality"]["dark"], wire["quality"]["blurred"], wire["quality"]["out_of_frame"]) == (1.0, None, 0.25)
    assert wire["quality"]["advice"] == ["dark", "cut_off", "out_of_frame"]


def test_warnings_of_the_plan_reach_the_result() -> None:
    samples = [sample(n, face("happy")) for n in range(8)]
    assert summarise(plan(8, ("truncated",)), {0: samples}, Options()).warnings == ("truncated",)
