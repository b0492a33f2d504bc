"""Pictures that others might refer to are passed over without changing a bit of any wanted frame."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import Any

import av.logging
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.pipeline.conftest import make_plan
from tests.integration.pipeline.x264 import FPS, all_frames, encode, some_frames
from worker.pipeline import lookahead
from worker.pipeline.lookahead import decided
from worker.pipeline.references import EMPTY, Buffer, decoded
from worker.pipeline.run import Recording
from worker.pipeline.slices import Headers

SIMPLE = "ref=1:bframes=3:b-pyramid=normal"
STEPS = (3, 7, 13, 15, 31)  # wanted frames then fall on pictures of every kind
MATRIX = {
    **{
        f"{refs}-refs-{b_frames}-b-{pyramid}": f"ref={refs}:bframes={b_frames}:b-pyramid={pyramid}:b-adapt=0"
        for refs, b_frames, pyramid in product((1, 2, 4), (2, 3, 7), ("none", "strict", "normal"))
    },
    **{
        f"weights-{p}-{b}-{direct}": f"{SIMPLE}:weightp={p}:weightb={b}:direct={direct}:b-adapt=2"
        for (p, b), direct in product(((0, 0), (1, 1), (2, 1)), ("none", "spatial", "temporal", "auto"))
    },
    **{
        f"key-{key}-{kind}": f"{SIMPLE}:keyint={key}:open-gop={int(kind == 'open')}"
        for key, kind in product((10, 250, "infinite"), ("open", "closed"))
    },
    "no-b": "ref=1:bframes=0",
    "many-b": "ref=1:bframes=16:b-adapt=0",
    "3-refs": "ref=3:bframes=5:mixed-refs=1:subme=7",
    "slices": f"{SIMPLE}:slices=4",
    "slices-temporal-weights": f"{SIMPLE}:slices=4:direct=temporal:weightp=2:ref=2",
    "bluray": f"{SIMPLE}:bluray-compat=1:slices=4:keyint=25",
    "cavlc": f"{SIMPLE}:cabac=0",
    "intra-refresh": f"{SIMPLE}:intra-refresh=1:keyint=40",
    "interlaced": f"{SIMPLE}:tff=1",
    "scene-cuts": f"{SIMPLE}:scenecut=100:min-keyint=1",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spared")


def differing(path: Path, *, steps: tuple[int, ...] = STEPS) -> int:
    """How many wanted frames are not those of a full decode, over several choices of wanted frames."""
    expected = all_frames(path)
    times = sorted(expected)
    count = 0
    for first, step in enumerate(steps):
        wanted = tuple(times[first::step])
        shown = some_frames(path, wanted)
        count += sum(pts not in shown or not np.array_equal(shown[pts], expected[pts]) for pts in wanted)
    return count


@pytest.mark.parametrize("case", MATRIX)
def test_wanted_frames_are_those_of_a_full_decode(folder: Path, case: str) -> None:
    assert differing(encode(folder / f"{case}.mp4", MATRIX[case])) == 0


@pytest.mark.parametrize("suffix", [".mkv", ".ts"])
def test_it_makes_no_difference_how_the_container_separates_units(folder: Path, suffix: str) -> None:
    assert differing(encode(folder / f"simple{suffix}", SIMPLE)) == 0


@pytest.mark.parametrize("pixel_format", ["gray", "yuv420p10le", "yuv422p", "yuv444p"])
def test_it_makes_no_difference_how_samples_are_coded(folder: Path, pixel_format: str) -> None:
    assert differing(encode(folder / f"{pixel_format}.mp4", SIMPLE, pixel_format=pixel_format)) == 0


@pytest.mark.parametrize("preset", ["ultrafast", "medium", "slow"])
def test_it_makes_no_difference_how_hard_the_encoder_tries(folder: Path, preset: str) -> None:
    assert differing(encode(folder / f"{preset}.mkv", "", preset=preset)) == 0


@pytest.mark.parametrize("suffix", [".mp4", ".ts"])
@pytest.mark.parametrize("case", [SIMPLE, f"{SIMPLE}:slices=4:open-gop=1", "ref=1:bframes=5:b-pyramid=strict"])
def test_something_is_passed_over(folder: Path, case: str, suffix: str) -> None:
    path = encode(folder / f"passed-{case.count(':')}{suffix}", f"{case}:b-adapt=0", frames=200)
    passed: list[int] = []
    some_frames(path, tuple(sorted(all_frames(path))[::25]), passed)
    assert len(passed) >= 12


@pytest.mark.parametrize("case", ["ref=1:bframes=3:b-pyramid=none", f"{SIMPLE}:tff=1", "ref=1:bframes=0"])
def test_looking_ahead_ends_where_nothing_is_found(folder: Path, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = encode(folder / "fruitless.mp4", case, frames=300)
    looked: list[int] = []
    picture = Headers.picture
    monkeypatch.setattr(Headers, "picture", lambda *given, **named: looked.append(1) or picture(*given, **named))  # type: ignore[func-returns-value]
    some_frames(path, tuple(sorted(all_frames(path))[::7]))
    assert len(looked) <= lookahead.FRUITLESS_PICTURES + lookahead.AHEAD_PACKETS


@pytest.fixture(scope="module", params=[SIMPLE, "ref=1:bframes=7:b-adapt=0:direct=temporal", "ref=2:b-pyramid=strict"])
def recording(request: pytest.FixtureRequest, folder: Path) -> tuple[Path, dict[int, Any]]:
    path = encode(folder / f"any-{len(request.param)}.mp4", request.param, frames=150)
    return path, all_frames(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_choice_of_wanted_frames_comes_out_the_same(recording: tuple[Path, dict[int, Any]], data: Any) -> None:
    path, expected = recording
    wanted = tuple(sorted(data.draw(st.sets(st.sampled_from(sorted(expected)), min_size=1, max_size=20))))
    shown = some_frames(path, wanted)
    assert tuple(shown) == wanted
    assert all(np.array_equal(shown[pts], expected[pts]) for pts in wanted)


@pytest.mark.parametrize("ahead", [1, 5, 17])
def test_how_far_it_looks_ahead_changes_nothing(folder: Path, ahead: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookahead, "AHEAD_PACKETS", ahead)
    assert differing(encode(folder / f"ahead-{ahead}.mp4", f"{SIMPLE}:b-adapt=0")) == 0


@pytest.mark.parametrize("interval_s", [0.2, 0.52, 1.4])
def test_segments_skip_and_pass_over_at_the_same_time(folder: Path, interval_s: float) -> None:
    path = encode(folder / f"plan-{interval_s}.mp4", f"{SIMPLE}:keyint=30", frames=300)
    expected = all_frames(path)
    (segment,) = make_plan(path, interval_s=interval_s).segments
    shown = some_frames(path, segment.frame_pts)
    assert len(segment.frame_pts) == int(299 / FPS / interval_s + 1e-6) + 1
    assert all(np.array_equal(shown[pts], expected[pts]) for pts in segment.frame_pts)


@pytest.mark.parametrize(
    "case", [SIMPLE, "ref=1:bframes=7:b-pyramid=strict", "ref=4:bframes=2:b-pyramid=strict:open-gop=1"]
)
def test_the_buffer_is_the_one_that_ffmpeg_prints(folder: Path, case: str) -> None:
    """The model against the decoder itself, with stand-ins: numbers, times, and whose samples they show."""
    path = encode(folder / "printed.mp4", f"{case}:keyint=80:b-adapt=0", frames=200)
    gaps = 0
    for expected, log in followed(path, every=23):
        printed = last_list(log)
        assert [(one.frame_num, one.poc) for one in expected.references] == [(num, poc) for num, poc, _ in printed]
        shows = {(one.number, place) for one, (_, _, place) in zip(expected.references, printed, strict=True)}
        assert len(shows) == len({number for number, _ in shows}) == len({place for _, place in shows})
        gaps += sum(line.startswith("Frame num gap") for line in log)
    assert gaps > 10


def followed(path: Path, every: int) -> list[tuple[Buffer, list[str]]]:
    """After each reference that is decoded, the buffer as it is followed here and what FFmpeg logs, which prints its own."""
    found: list[tuple[Buffer, list[str]]] = []
    with Recording(path) as recording:
        context = recording.stream.codec_context
        context.options = {**context.options, "debug": "mmco"}
        packets = list(recording.video_packets())
        wanted = frozenset(packet.pts for packet in packets[::every])
        headers, buffer = Headers(context.extradata), EMPTY
        for number, (packet, spared) in enumerate(decided(recording, iter(packets), wanted)):
            is_wanted = packet is not None and packet.pts in wanted
            recording.skip_unreferenced(wanted=not is_wanted, bidirectional=spared)
            log = logged(recording, packet)
            picture = headers.picture(bytes(packet or b""), wanted=is_wanted)
            if picture is not None and not spared:
                _, buffer = decoded(headers.sequence, buffer, picture, number)
                if picture.is_reference:
                    found.append((buffer, log))
    return found


def logged(recording: Recording, packet: Any) -> list[str]:
    level = av.logging.get_level()
    av.logging.set_level(av.logging.DEBUG)
    try:
        with av.logging.Capture() as messages:
            recording.decode(packet)
    finally:
        av.logging.set_level(level)
    return [message.strip() for _, _, message in messages]


def last_list(log: list[str]) -> list[tuple[int, int, str]]:
    """Frame numbers, times since the IDR picture, and addresses of samples."""
    begin = len(log) - log[::-1].index("short term list:")
    lines = (re.fullmatch(r"\d+ fn:(\d+) poc:(-?\d+) (\w+)", line) for line in log[begin:])
    return [(int(line[1]), int(line[2]) - 2**16, line[3]) for line in lines if line]
