from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mien.sse import EventParser, Message

STREAM = (
    "\ufeffretry: 2000\n: follows\n\n"
    'event: state\nid: 1-0\ndata: {"a":\ndata: 1}\n\n'
    ": still there\n\n"
    "event: progress\r\nid:2-5\r\ndata:한국어\r\n\r\n"
    "data: kept id\r\r"
    "id: cut off\ndata: never whole\n"
).encode()
MESSAGES = [
    Message(id="1-0", type="state", data='{"a":\n1}'),
    Message(id="2-5", type="progress", data="한국어"),
    Message(id="2-5", type="message", data="kept id"),
]


@given(st.lists(st.integers(0, len(STREAM)), max_size=20))
def test_a_stream_says_the_same_wherever_it_is_parted(cuts: list[int]) -> None:
    borders = [0, *sorted(cuts), len(STREAM)]
    parser = EventParser()
    pieces = [STREAM[start:end] for start, end in pairwise(borders)]
    assert [message for piece in pieces for message in parser.feed(piece)] == MESSAGES
