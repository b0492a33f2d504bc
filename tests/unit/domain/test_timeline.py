from __future__ import annotations

from dataclasses import replace

from shared.domain.samples import Sample
from shared.domain.timeline import CSV_COLUMNS, csv_rows, join_tracks, only_primary, sample_json
from tests.factories import a_face

TWO_FACES = Sample(number=3, t_s=1.4681349, status="face", faces=(a_face("happy"), a_face("sad", track=1, x=300)))
NO_FACE = Sample(number=4, t_s=2.0, status="no_face")


def test_the_columns_are_those_that_integrators_were_promised() -> None:
    assert ",".join(CSV_COLUMNS) == (
        "t_s,sample,track,primary,x,y,width,height,angry,disgust,fear,happy,sad,surprise,neutral,dominant"
    )


def test_csv_has_one_row_per_face_and_one_where_no_face_was_seen() -> None:
    first, second, third = csv_rows([TWO_FACES, NO_FACE], primary=1)

    assert first == ["1.468135", 3, 0, 0, 10, 20, 100, 100, *[0.03125] * 3, 0.75, *[0.03125] * 3, "happy"]
    assert second[:5] == ["1.468135", 3, 1, 1, 300]
    assert third == ["2.000000", 4, *[""] * 14]


def test_tracks_are_joined_across_segments_without_touching_what_is_stored() -> None:
    stored = {0: [TWO_FACES], 1: [TWO_FACES]}
    joined = list(join_tracks(stored, {"0": {"0": 0, "1": 1}, "1": {"0": 1, "1": 2}}))

    assert [face.track for face in joined[1][0].faces] == [1, 2]
    assert [face.track for face in stored[1][0].faces] == [0, 1]


def test_a_sample_without_the_primary_face_counts_as_no_face_when_only_that_is_wanted() -> None:
    with_primary, without = only_primary([TWO_FACES, Sample(number=5, t_s=2.5, status="face", faces=(a_face(),))], 1)

    assert [face.track for face in with_primary.faces] == [1]
    assert (without.status, without.faces) == ("no_face", ())


def test_a_sample_as_json_says_which_face_the_score_is_about() -> None:
    faces = sample_json(TWO_FACES, primary=0)["faces"]

    assert [face["primary"] for face in faces] == [True, False]
    assert faces[0]["dominant"] == "happy"
    assert faces[1]["box"] == {"x": 300, "y": 20, "width": 100, "height": 100}


def test_a_sample_as_json_says_how_good_the_picture_of_each_face_was() -> None:
    first, second = TWO_FACES.faces
    older = replace(second, brightness=None, sharpness=None)
    faces = sample_json(replace(TWO_FACES, faces=(first, older)), primary=0)["faces"]

    assert faces[0]["quality"] == {"brightness": 136, "sharpness": 118}
    assert faces[1]["quality"] is None


def test_joining_and_leaving_out_keep_what_was_measured() -> None:
    joined = next(join_tracks({0: [TWO_FACES]}, {"0": {"0": 5, "1": 6}}))
    (kept,) = only_primary(joined, 6)

    assert [(face.brightness, face.sharpness) for face in kept.faces] == [(136, 118)]
