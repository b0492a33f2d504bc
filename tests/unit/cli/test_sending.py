from __future__ import annotations

from pathlib import Path

import pytest
import typer

from cli.sending import every_recording, pairs, values


def test_folders_are_searched_for_recordings(tmp_path: Path) -> None:
    for name in ("b.mp4", "a.MOV", "deep/er/c.webm", "notes.txt", "deep/picture.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.mp4").mkdir()

    found = every_recording([str(tmp_path)])
    assert [path.relative_to(tmp_path).as_posix() for path in found if isinstance(path, Path)] == [
        "a.MOV",
        "b.mp4",
        "deep/er/c.webm",
    ]


def test_what_is_named_by_itself_is_taken_as_it_is(tmp_path: Path) -> None:
    odd = tmp_path / "recording"
    odd.touch()
    named = ["https://mien.example/a.mp4", "HTTP://mien.example/", "vid_1", "upl_1"]
    assert every_recording([str(odd), *named]) == [odd, *named]


def test_a_file_is_a_file_also_when_it_is_called_like_an_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("vid_1").touch()
    assert every_recording(["vid_1"]) == [Path("vid_1")]


@pytest.mark.parametrize("name", ["missing.mp4", "ftp://mien.example/a.mp4", "empty"])
def test_what_is_not_there_is_wrong_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    with pytest.raises(typer.BadParameter):
        every_recording([name])


def test_pairs_are_parted_at_their_first_sign() -> None:
    assert pairs(["question=2", "formula=a=b", "empty="]) == {"question": "2", "formula": "a=b", "empty": ""}
    assert pairs(None) == {}
    for wrong in ("question", "=2"):
        with pytest.raises(typer.BadParameter):
            pairs([wrong])


def test_values_of_options_are_numbers_truths_or_words() -> None:
    given = ["interval_s=0.25", "keep_video=false", "faces=primary", "detector=tracked"]
    assert values(given) == {"interval_s": 0.25, "keep_video": False, "faces": "primary", "detector": "tracked"}
