from __future__ import annotations

import os
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from lab.data.aihub_archives import files, fingerprint, inputs, members
from lab.data.damage import Damaged
from tests.unit.lab.data.aihub_set import write_zip

NAME = "5f65_여_30_기쁨_001.jpg"


@pytest.mark.parametrize(
    ("encoding", "form"),
    [(None, "NFC"), (None, "NFD"), ("utf-8", "NFC"), ("utf-8", "NFD"), ("cp949", "NFC")],  # CP949 has no loose letters
)
def test_a_members_name_is_read_as_its_maker_meant_it(tmp_path: Path, encoding: str | None, form: Any) -> None:
    write_zip(tmp_path / "a.zip", {f"기쁨/{unicodedata.normalize(form, NAME)}": b"x"}, names_in=encoding)
    assert [(member.name, member.read()) for member in members(tmp_path / "a.zip")] == [(NAME, b"x")]


def test_an_unpacked_file_with_a_mac_s_name_is_read_like_a_member(tmp_path: Path) -> None:
    path = tmp_path / unicodedata.normalize("NFD", NAME)
    path.write_bytes(b"x")
    assert [(member.name, member.read()) for member in members(path)] == [(NAME, b"x")]


def test_a_file_unpacked_with_its_name_in_cp949_is_read_like_a_member(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + NAME.encode("cp949")))
    path.write_bytes(b"x")
    assert [(member.name, member.place) for member in members(path)] == [(NAME, f"{tmp_path}/{NAME}")]
    assert inputs(tmp_path, files(tmp_path))[0]["file"] == "1 unpacked pictures"


def test_each_name_in_a_path_may_have_an_encoding_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "자료"
    folder.mkdir()
    path = Path(os.fsdecode(os.fsencode(folder) + b"/" + NAME.encode("cp949")))
    path.write_bytes(b"x")
    assert [(member.name, member.place) for member in members(path)] == [(NAME, f"{folder}/{NAME}")]


def test_a_folder_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Damaged, match=r"valdation: is no folder"):
        files(tmp_path / "valdation")


def test_folders_in_windows_writing_are_no_part_of_a_name(tmp_path: Path) -> None:
    write_zip(tmp_path / "a.zip", {f"기쁨\\{NAME}": b"x"}, names_in="cp949")
    assert [member.name for member in members(tmp_path / "a.zip")] == [NAME]


def test_an_archive_inside_another_is_refused_rather_than_passed_over(tmp_path: Path) -> None:
    write_zip(tmp_path / "a.zip", {"inner.zip": b"PK"})
    with pytest.raises(Damaged, match=r"a\.zip!inner\.zip: is an archive inside another"):
        list(members(tmp_path / "a.zip"))


def test_what_a_mac_adds_to_archives_is_passed_over(tmp_path: Path) -> None:
    write_zip(tmp_path / "a.zip", {"__MACOSX/._a.jpg": b"", "._b.jpg": b"", ".DS_Store": b"", ".c/d.jpg": b""})
    assert [member.name for member in members(tmp_path / "a.zip")] == ["d.jpg"]


def test_files_come_in_the_same_order_whatever_form_their_names_have(tmp_path: Path) -> None:
    for name in ("나.zip", unicodedata.normalize("NFD", "가.zip"), "다.zip"):
        write_zip(tmp_path / name, {"a.jpg": b""})
    assert [unicodedata.normalize("NFC", path.name) for path in files(tmp_path)] == ["가.zip", "나.zip", "다.zip"]


@pytest.mark.parametrize("name", ["a.zip.part0", "a.z01"])
def test_a_piece_of_an_archive_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK")
    with pytest.raises(Damaged, match=rf"{name}: is a piece"):
        files(tmp_path)


def test_an_archive_cut_off_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    write_zip(path, {"a.jpg": b"x" * 1000})
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(Damaged, match=r"a\.zip: cannot be opened as a zip file"):
        list(members(path))


def test_a_member_whose_bytes_changed_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    write_zip(path, {"기쁨/a.jpg": b"x" * 1000})
    path.write_bytes(path.read_bytes().replace(b"xxxx", b"yyyy", 1))
    walk = members(path)  # kept, as its end closes the archive
    with pytest.raises(Damaged, match=r"a\.zip!기쁨/a\.jpg: cannot be read: Bad CRC-32"):
        next(walk).read()


def test_an_archive_s_hash_changes_with_what_is_in_it(tmp_path: Path) -> None:
    for name, content in (("a.zip", b"1"), ("b.zip", b"1"), ("c.zip", b"2")):
        write_zip(tmp_path / name, {"a.jpg": content})
    same, again, other = (fingerprint(tmp_path / name) for name in ("a.zip", "b.zip", "c.zip"))
    assert same == again != other


def test_inputs_are_named_with_sizes_and_hashes(tmp_path: Path) -> None:
    write_zip(tmp_path / "기쁨/a.zip", {"a.jpg": b"x"})
    for name in ("b.json", "c.jpg", "d.jpg", "e.txt"):
        (tmp_path / name).write_bytes(b"[]")
    found = inputs(tmp_path, files(tmp_path))
    assert [(one["file"], one["of"]) for one in found] == [
        ("b.json", "content"),
        ("기쁨/a.zip", "names, sizes and CRC-32 of its members"),
        ("2 unpacked pictures", "names and sizes"),
    ]
    assert (found[0]["bytes"], found[2]["bytes"], len(found[2]["sha256"])) == (2, 4, 64)
