"""What three annotators said of each picture of AI Hub's set, reduced to one expression and one box."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from statistics import median
from typing import Any, TypeAlias

from lab.data.aihub_archives import Member, nfc
from lab.data.damage import Damaged

NATIVE = ("기쁨", "당황", "분노", "불안", "상처", "슬픔", "중립")
ANNOTATORS = ("annot_A", "annot_B", "annot_C")
EDGES = ("minX", "minY", "maxX", "maxY")
MARK = re.compile(r"\s*(\S?)\s*")

Edges: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the upright picture."""


class Dropped(StrEnum):
    """Why a picture is not in the arrays."""

    NO_LABEL = "no label"
    NO_MAJORITY = "no majority"
    UNKNOWN_EXPRESSION = "unknown expression"
    CONTRADICTING_LABELS = "contradicting labels"
    NO_BOX = "no box"
    BOX_SMALL = "box too small"
    BOX_OUTSIDE = "box outside"
    NO_UPLOADER = "no uploader"
    REPEATED_NAME = "repeated name"
    UNREADABLE = "unreadable"
    UNMAPPED = "not in the mapping"


@dataclass(frozen=True, slots=True)
class Label:
    native: str
    """One of NATIVE."""
    box: Edges


Verdict: TypeAlias = "Label | Dropped"
Verdicts: TypeAlias = "dict[str, Verdict]"
"""By the picture's file name in NFC."""


def read_verdicts(sources: Iterable[Member], min_agree: int) -> Verdicts:
    """One verdict for each picture that a label names. Raises Damaged, naming file and line."""
    verdicts: Verdicts = {}
    for source in sources:
        for name, verdict in _verdicts(source, min_agree):
            known = verdicts.setdefault(name, verdict)
            if known != verdict:
                verdicts[name] = Dropped.CONTRADICTING_LABELS
    return verdicts


def _verdicts(source: Member, min_agree: int) -> Iterator[tuple[str, Verdict]]:
    for line, record in _records(_text(source), source.place):
        try:
            entry = PurePosixPath(nfc(record["filename"])).name, judge(record, min_agree)
        except (AttributeError, KeyError, TypeError) as error:
            raise Damaged(source.place, f"holds a record that is no label: {error!r}", line=line) from error
        yield entry


def judge(record: Mapping[str, Any], min_agree: int) -> Verdict:
    """What `min_agree` annotators or more agree on, in the median of their boxes.

    What the uploader meant to show (`faceExp_uploader`, the folder, the file's name) is no vote: annotators often see
    something else, above all for 당황 and 불안.
    """
    answers = [record.get(annotator) or {} for annotator in ANNOTATORS]
    native = _majority([nfc(answer["faceExp"]).strip() for answer in answers if answer.get("faceExp")], min_agree)
    if isinstance(native, Dropped):
        return native
    box = median_box([edges for answer in answers if (edges := _edges(answer.get("boxes") or {}))])
    return Label(native, box) if box else Dropped.NO_BOX


def _majority(votes: list[str], min_agree: int) -> str | Dropped:
    (winner, count), *others = [*Counter(votes).most_common(), ("", 0)]
    if count < min_agree or (others and others[0][1] == count):
        return Dropped.NO_MAJORITY
    return winner if winner in NATIVE else Dropped.UNKNOWN_EXPRESSION  # 알수없음: "cannot tell"


def median_box(boxes: list[Edges]) -> Edges | None:
    """Each edge's median; None without boxes."""
    if not boxes:
        return None
    left, top, right, bottom = (float(median(edge)) for edge in zip(*boxes, strict=True))
    return left, top, right, bottom


def _edges(box: Mapping[str, Any]) -> Edges | None:
    """None for a box that lacks an edge or has no area, as a few of the set do."""
    try:
        left, top, right, bottom = (float(box[edge]) for edge in EDGES)
    except (KeyError, OverflowError, TypeError, ValueError):
        return None
    is_box = all(map(math.isfinite, (left, top, right, bottom))) and left < right and top < bottom
    return (left, top, right, bottom) if is_box else None


def _text(source: Member) -> str:
    content = source.read()
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            fault = error
    line = content.count(b"\n", 0, fault.start) + 1
    raise Damaged(source.place, f"is neither UTF-8 nor CP949: {fault}", line=line)


def _records(text: str, place: str) -> Iterator[tuple[int, Any]]:
    """The line and the value of each record of a list, one at a time: parsed whole, a list takes gigabytes."""
    decode = json.JSONDecoder().raw_decode
    line, counted = 1, 0
    try:
        mark, at = _mark(text, 0, "[")
        while mark != "]" and text[at : at + 1] != "]":
            line, counted = line + text.count("\n", counted, at), at
            record, end = decode(text, at)
            yield line, record
            mark, at = _mark(text, end, ",]")
        if mark != "]":
            mark, at = _mark(text, at, "]")
        if at < len(text):
            raise json.JSONDecodeError("Extra data", text, at)
    except json.JSONDecodeError as error:
        fault = f"is no JSON list of labels: {error.msg} at column {error.colno}"
        raise Damaged(place, fault, line=error.lineno) from error
    except (RecursionError, ValueError) as error:  # nested too deeply, or a number of thousands of digits
        raise Damaged(place, f"holds a record that is no label: {error}", line=line) from error


def _mark(text: str, at: int, expected: str) -> tuple[str, int]:
    """The next punctuation, and where the text goes on after it."""
    found = MARK.match(text, at)
    assert found is not None  # it matches nothing as well
    if not found[1] or found[1] not in expected:
        raise json.JSONDecodeError(f"Expecting {' or '.join(map(repr, expected))}", text, found.start(1))
    return found[1], found.end()
