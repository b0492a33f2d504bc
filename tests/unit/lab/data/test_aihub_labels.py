from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lab.data.aihub_archives import Member
from lab.data.aihub_labels import Dropped, Label, Verdicts, judge, median_box, read_verdicts
from lab.data.damage import Damaged
from tests.unit.lab.data.aihub_set import BOX, UPLOADER, name_of, record

NAME = name_of(UPLOADER, "기쁨")
EDGES = tuple(BOX.values())


def verdicts(content: bytes | str, min_agree: int = 2) -> Verdicts:
    held = content.encode() if isinstance(content, str) else content
    return read_verdicts([Member("labels.json", "labels.json", lambda: held)], min_agree)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_labels_are_read_in_each_encoding_that_the_set_has(encoding: str) -> None:
    text = json.dumps([record(NAME, "기쁨", "기쁨", "중립")], ensure_ascii=False)
    left, top, right, bottom = (BOX[edge] for edge in ("minX", "minY", "maxX", "maxY"))
    assert verdicts(text.encode(encoding)) == {NAME: Label("기쁨", (left, top, right, bottom))}


def test_a_list_without_labels_is_no_damage() -> None:
    assert verdicts(" [ ] ") == {}


@pytest.mark.parametrize(
    ("votes", "min_agree", "expected"),
    [
        (("당황", "당황", "기쁨"), 2, "당황"),
        (("당황", "당황", "기쁨"), 3, Dropped.NO_MAJORITY),
        (("당황", "불안", "기쁨"), 2, Dropped.NO_MAJORITY),
        (("당황", "불안", "기쁨"), 1, Dropped.NO_MAJORITY),
        (("당황", None, "불안"), 1, Dropped.NO_MAJORITY),
        (("당황", None, None), 1, "당황"),
        ((None, None, None), 1, Dropped.NO_MAJORITY),
        (("알수없음", "알수없음", "기쁨"), 2, Dropped.UNKNOWN_EXPRESSION),
    ],
)
def test_the_annotators_decide_by_majority(votes: tuple[Any, ...], min_agree: int, expected: str) -> None:
    verdict = judge(record(NAME, *votes), min_agree)
    assert (verdict.native if isinstance(verdict, Label) else verdict) == expected


def test_what_the_uploader_meant_is_no_vote() -> None:
    assert judge(record(NAME, "중립", "중립", "슬픔", faceExp_uploader="기쁨"), 2) == Label("중립", EDGES)  # type: ignore[arg-type]


def test_the_box_is_the_median_of_each_edge() -> None:
    assert median_box([(0, 0, 10, 10), (2, 1, 12, 14), (90, 2, 11, 99)]) == (2, 1, 11, 14)


@pytest.mark.parametrize(
    "broken",
    [
        None,
        {},
        BOX | {"maxX": 20.0},
        BOX | {"minY": None},
        BOX | {"minY": "?"},
        BOX | {"maxY": float("nan")},
        BOX | {"maxX": 10**400},
    ],
)
def test_a_box_without_an_area_does_not_count(broken: Any) -> None:
    assert judge(record(NAME, *["기쁨"] * 3, boxes=[broken, BOX, broken]), 2) == Label("기쁨", EDGES)  # type: ignore[arg-type]
    assert judge(record(NAME, *["기쁨"] * 3, boxes=broken), 2) == Dropped.NO_BOX


def test_a_picture_labelled_twice_counts_once_unless_the_labels_differ() -> None:
    same, other = record(NAME, "기쁨", "기쁨", "기쁨"), record(NAME, "중립", "중립", "중립")
    assert verdicts(json.dumps([same, same])) == {NAME: Label("기쁨", EDGES)}  # type: ignore[arg-type]
    assert verdicts(json.dumps([same, other, same])) == {NAME: Dropped.CONTRADICTING_LABELS}


@pytest.mark.parametrize(
    ("content", "line", "fault"),
    [
        ('[\n{"filename": "a.jpg"},\n{"filename": "b.j', 3, "Unterminated string"),
        ('[\n{"filename": "a.jpg"}\n{"filename": "b.jpg"}]', 3, "Expecting ','"),
        ('[\n{"filename": "a.jpg"}', 2, "Expecting ','"),
        ('[\n{"filename": "a.jpg"}\n]\n[]', 4, "Extra data at column 1"),
        ("[]\n\n {}", 3, "Extra data at column 2"),
        ("[]\0", 1, "Extra data"),
        ("", 1, "Expecting '\\['"),
        ('{"filename": "a.jpg"}', 1, "Expecting '\\['"),
        ('[\n{"filename": "a.jpg"},\n{"gender": "여"}]', 3, "is no label: KeyError\\('filename'\\)"),
        ('[\n\n"a.jpg"]', 3, "is no label"),
        ('[{"filename": "a.jpg", "annot_A": [1]}]', 1, "is no label"),
        ("[\n" + "[" * 100_000, 2, "is no label: maximum recursion"),
        ('[\n{"age": ' + "9" * 5000 + "}]", 2, "is no label: Exceeds the limit"),
        (b'[\n"\xff\xff"]', 2, "neither UTF-8 nor CP949"),
    ],
)
def test_damaged_labels_are_refused_with_file_and_line(content: bytes | str, line: int, fault: str) -> None:
    with pytest.raises(Damaged, match=rf"labels\.json, line {line}: .*{fault}") as refused:
        verdicts(content)
    assert refused.value.line == line


def test_records_of_a_list_on_one_line_are_found_by_their_column() -> None:
    with pytest.raises(Damaged, match=r"line 1: .* at column 25"):
        verdicts('[{"filename": "a.jpg"}, }]')


def test_folders_before_a_pictures_name_are_left_out(tmp_path: Path) -> None:
    assert list(verdicts(json.dumps([record("기쁨/a.jpg", "기쁨", "기쁨", "기쁨")]))) == ["a.jpg"]
