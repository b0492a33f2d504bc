from __future__ import annotations

from pathlib import Path

import pytest

import mien
from tests.integration.client.conftest import MakeClient, MakeFile, sha256_of
from tests.integration.client.link import CutAnswerAfter, Link

SIZE = 3_000_000


class Interrupted(Exception):
    """As when a process is killed."""


@pytest.fixture
def recording(make_file: MakeFile) -> Path:
    return make_file(SIZE)


@pytest.fixture
def video_id(client: mien.Client, recording: Path) -> str:
    return client.upload(recording).video_id or ""


def test_a_download_goes_on_where_it_was_cut(
    client: mien.Client, link: Link, recording: Path, video_id: str, tmp_path: Path
) -> None:
    link.cut()
    link.faults += [CutAnswerAfter(1_000_000), CutAnswerAfter(1_000_000)]
    told: list[tuple[int, int]] = []
    saved = client.save_video(video_id, tmp_path / "saved.mp4", progress=lambda done, of: told.append((done, of)))

    assert sha256_of(saved) == sha256_of(recording)
    assert told[-1] == (SIZE, SIZE)
    assert told == sorted(told)
    assert not link.faults
    assert {path.name for path in tmp_path.iterdir()} == {recording.name, "saved.mp4"}


def test_another_process_goes_on_with_a_download(
    make_client: MakeClient, recording: Path, video_id: str, tmp_path: Path
) -> None:
    target = tmp_path / "saved.mp4"

    def interrupt(done: int, _of: int) -> None:
        if done > SIZE // 2:
            raise Interrupted

    with pytest.raises(Interrupted):
        make_client().save_video(video_id, target, progress=interrupt)
    assert not target.exists()
    told: list[int] = []
    make_client().save_video(video_id, target, progress=lambda done, _: told.append(done))

    assert told[0] > SIZE // 2
    assert sha256_of(target) == sha256_of(recording)


def test_what_was_kept_of_another_file_is_left_alone(
    client: mien.Client, recording: Path, video_id: str, tmp_path: Path
) -> None:
    target = tmp_path / "saved.mp4"
    for kept in (b"x" * 100, b"x" * SIZE * 2):
        (tmp_path / "saved.mp4.part").write_bytes(kept)
        (tmp_path / "saved.mp4.part.tag").write_text('"of another one"')
        client.save_video(video_id, target)
        assert sha256_of(target) == sha256_of(recording)


def test_a_folder_is_given_a_file_of_that_name(client: mien.Client, video_id: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    saved = client.save_video(video_id, tmp_path / "folder")

    assert (saved.parent.name, saved.stem) == ("folder", video_id)
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_what_is_not_there_leaves_nothing(client: mien.Client, tmp_path: Path) -> None:
    with pytest.raises(mien.NotFound):
        client.save_video("vid_" + "0" * 32, tmp_path / "saved.mp4")
    assert list(tmp_path.iterdir()) == []
