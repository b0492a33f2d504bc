"""Which key frames start anew, so that decoding may skip from any place to them.

A container's mark is not enough: with open groups of pictures or intra refresh, pictures
after a "key frame" still refer to what came before it.
"""

from __future__ import annotations

from collections.abc import Iterator

from worker.pipeline.container import Recording, VideoPacket
from worker.pipeline.nal import IDR_SLICE, START_CODE, length_bytes

H264_SLICES = range(1, 6)  # table 7-1: slices and partitions of slices
NAL_TYPE_BITS = 0x1F


class KeyFrames:
    """Judges the key frames of one recording by the first slice inside.

    Only H.264 needs that look: the key frames of HEVC and MPEG-4 start anew unless a packet after them is
    shown before them, which the index sees, and those of the other codecs always do.
    """

    def __init__(self, recording: Recording) -> None:
        self._is_h264 = recording.codec == "h264"
        self._length_bytes = length_bytes(recording.stream.codec_context.extradata)

    def starts_anew(self, packet: VideoPacket) -> bool:
        if not self._is_h264:
            return True
        data = bytes(packet)
        kinds = _kinds_after_lengths(data, self._length_bytes) if self._length_bytes else _kinds_after_codes(data)
        return next((kind for kind in kinds if kind in H264_SLICES), None) == IDR_SLICE


def _kinds_after_lengths(data: bytes, length_bytes: int) -> Iterator[int]:
    at = 0
    while at + length_bytes < len(data):
        yield data[at + length_bytes] & NAL_TYPE_BITS
        at += length_bytes + int.from_bytes(data[at : at + length_bytes])


def _kinds_after_codes(data: bytes) -> Iterator[int]:
    at = data.find(START_CODE)
    while 0 <= at < len(data) - len(START_CODE):
        yield data[at + len(START_CODE)] & NAL_TYPE_BITS
        at = data.find(START_CODE, at + len(START_CODE))
