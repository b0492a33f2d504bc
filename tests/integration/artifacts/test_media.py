"""Annotated and playable videos: what they show, when, and in which containers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from shared.db.results import find_result
from shared.domain.artifact import ArtifactKind
from shared.domain.job import JobRequest
from shared.domain.options import Options
from tests.filming import Recipe
from tests.integration.artifacts.conftest import Workshop
from tests.integration.artifacts.film import boxes_of, picture_at, watch
from tests.recordings import Studio
from tests.scene import Scene

SMALL: dict[str, Any] = {"duration_s": 6.0, "fps": 10, "width": 320, "height": 180}
YELLOW_BGR = (80, 200, 255)  # of the main face's box


def test_an_annotated_video_shows_each_frame_at_its_time_and_keeps_the_sound(
    workshop: Workshop, recording: Path
) -> None:
    job_id = workshop.analyse(recording)
    made = workshop.make(job_id, "annotated")
    before, after = watch(recording), watch(workshop.path(job_id, "annotated"))

    assert (made.state, made.percent) == ("ready", 100.0)
    assert (after.video, after.sound, after.pixels, after.size) == ("h264", "aac", "yuv420p", (320, 180))
    assert after.times_s == pytest.approx(before.times_s, abs=1e-4)
    assert after.sound_s == pytest.approx(before.sound_s, abs=0.05)
    assert boxes_of(workshop.path(job_id, "annotated"))[:2] == ["ftyp", "moov"], "its index comes first"


def test_a_box_is_drawn_where_the_face_was_found(workshop: Workshop, recording: Path) -> None:
    job_id = workshop.analyse(recording)
    workshop.make(job_id, "annotated")
    before = picture_at(recording, 2.0).astype(int)
    after = picture_at(workshop.path(job_id, "annotated"), 2.0).astype(int)

    drawn = np.abs(after - before).max(axis=2) > 60
    rows, columns = np.nonzero(drawn[30:150])
    assert (columns.min() > 60, columns.max() < 260, len(rows) > 300) == (True,) * 3, "around the face, in the middle"
    assert drawn[160:, :160].any(), "and the line below says what it is"
    yellow = np.abs(after - np.array(YELLOW_BGR)).max(axis=2) < 60
    assert yellow.sum() > 100


@pytest.mark.parametrize("kind", ["annotated", "playable"])
def test_a_frame_of_a_variable_rate_keeps_its_time(workshop: Workshop, studio: Studio, kind: ArtifactKind) -> None:
    recipe = Recipe(**{**SMALL, "variable_rate": True})
    job_id = workshop.analyse(studio.film(recipe))
    workshop.make(job_id, kind)

    assert watch(workshop.path(job_id, kind)).times_s == pytest.approx(recipe.frame_times_s, abs=1e-3)


def test_an_annotated_standing_picture_stands(workshop: Workshop, studio: Studio) -> None:
    job_id = workshop.analyse(studio.record(**SMALL, rotation=90))
    workshop.make(job_id, "annotated")

    assert watch(workshop.path(job_id, "annotated")).size == (180, 320)


def test_an_odd_size_is_made_even(workshop: Workshop, studio: Studio) -> None:
    job_id = workshop.analyse(studio.record(**{**SMALL, "width": 321, "height": 181}, pixel_format="yuv444p"))

    for kind in ("annotated", "playable"):
        workshop.make(job_id, kind)
        film = watch(workshop.path(job_id, kind))
        assert (film.size, film.pixels) == ((320, 180), "yuv420p")


@pytest.mark.parametrize(
    ("recipe", "container", "video", "sound"),
    [
        ({"sound": True}, "mp4", "h264", "aac"),
        ({"codec": "vp8", "container": "webm", "live": True}, "webm", "vp8", None),
        ({"codec": "vp9", "container": "webm", "live": True}, "webm", "vp9", None),
        ({"container": "ts", "start_s": 3.0}, "mp4", "h264", None),
        ({"container": "mkv", "sound": True, "start_s": 0.5}, "mp4", "h264", "aac"),
        ({"codec": "mpeg4", "container": "avi", "b_frames": 0, "fps": 25}, "mp4", "h264", None),
        ({"codec": "mjpeg", "container": "avi", "b_frames": 0, "pixel_format": "yuvj420p"}, "mp4", "h264", None),
        ({"codec": "hevc", "container": "mkv", "sound": True}, "mp4", "h264", "aac"),
        ({"pixel_format": "yuv420p10le"}, "mp4", "h264", None),
        ({"container": "avi", "b_frames": 2}, "mp4", "h264", None),
        ({"duration_s": 40.0, "gop_frames": 4000}, "mp4", "h264", None),
    ],
    ids=["mp4", "vp8", "vp9", "ts", "mkv", "mpeg4", "mjpeg", "hevc", "10 bits", "no times", "one key frame"],
)
def test_what_browsers_cannot_play_or_seek_in_becomes_playable(
    workshop: Workshop, studio: Studio, recipe: dict[str, Any], container: str, video: str, sound: str | None
) -> None:
    wanted = Recipe(**{**SMALL, **recipe})
    job_id = workshop.analyse(studio.film(wanted))
    made = workshop.make(job_id, "playable")
    film = watch(workshop.path(job_id, "playable"))

    assert made.file is not None, made.error_detail
    assert made.file.media_type == f"video/{container}"
    assert (container in film.container, film.video, film.sound, film.pixels) == (True, video, sound, "yuv420p")
    first = wanted.frame_times_s[0]
    assert film.times_s == pytest.approx([t_s - first for t_s in wanted.frame_times_s], abs=2e-3)
    assert film.duration_s == pytest.approx(wanted.duration_s, abs=0.2)
    if container == "mp4":
        assert boxes_of(workshop.path(job_id, "playable"))[:2] == ["ftyp", "moov"]


def test_what_browsers_decode_is_copied_and_not_coded_anew(workshop: Workshop, recording: Path) -> None:
    job_id = workshop.analyse(recording)
    workshop.make(job_id, "playable")

    for t_s in (0.0, 3.0):
        assert np.array_equal(picture_at(recording, t_s), picture_at(workshop.path(job_id, "playable"), t_s))


def test_a_turned_recording_is_copied_with_its_turn(workshop: Workshop, studio: Studio) -> None:
    job_id = workshop.analyse(studio.record(**SMALL, rotation=90))
    workshop.make(job_id, "playable")
    again = workshop.analyse(workshop.path(job_id, "playable"))

    with workshop.tools.sessions.begin() as session:
        result = find_result(session, again)
    assert result is not None
    assert (result.summary["video"]["rotation"], result.summary["video"]["width"]) == (90, 180)


def test_a_damaged_recording_is_made_as_far_as_it_decodes(workshop: Workshop, studio: Studio) -> None:
    path = studio.cut_off(0.7, **{**SMALL, "duration_s": 12.0}, container="ts")
    job_id = workshop.analyse(path)

    for kind in ("annotated", "playable"):
        assert workshop.make(job_id, kind).state == "ready"
        assert 5.0 < watch(workshop.path(job_id, kind)).times_s[-1] < 12.0


def test_of_a_damaged_recording_only_what_decodes_is_made_playable(workshop: Workshop, studio: Studio) -> None:
    path = studio.scratched(0.4, 0.5, **{**SMALL, "duration_s": 12.0}, sound=True)
    job_id = workshop.analyse(path)
    assert workshop.make(job_id, "playable").state == "ready"

    with av.open(str(workshop.path(job_id, "playable"))) as film:
        assert not [frame for frame in film.decode(video=0) if frame.is_corrupt], "a player stops at such a frame"
    with av.open(str(workshop.path(job_id, "playable"))) as film:
        assert sum(frame.samples for frame in film.decode(audio=0)) > 10 * 48_000
    assert watch(workshop.path(job_id, "playable")).times_s[-1] == pytest.approx(11.9, abs=0.01)


def test_only_the_main_face_is_drawn_when_only_that_was_asked_for(workshop: Workshop, studio: Studio) -> None:
    path = studio.record(**{**SMALL, "width": 640}, scene=Scene(people=2))
    both, one = (workshop.analyse(path, JobRequest(options=Options(faces=faces))) for faces in ("all", "primary"))
    for job_id in (both, one):
        workshop.make(job_id, "annotated")
    with_two, with_one, plain = (
        picture.astype(int)
        for picture in (
            picture_at(workshop.path(both, "annotated"), 2.0),
            picture_at(workshop.path(one, "annotated"), 2.0),
            picture_at(path, 2.0),
        )
    )

    def drawn(picture: Any) -> int:
        return int((np.abs(picture - plain).max(axis=2)[:150] > 60).sum())

    assert drawn(with_two) > 1.5 * drawn(with_one) > 0
