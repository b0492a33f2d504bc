"""What a stored recording is to be called on the wire, by how its file begins."""

from __future__ import annotations

HEAD_BYTES = 512  # as far as one has to look
TS_PACKET_BYTES = 188
MEDIA_TYPES = ("video/mp4", "video/quicktime", "video/webm", "video/x-matroska", "video/x-msvideo", "video/mp2t")
UNKNOWN = "application/octet-stream"


def media_type_of(head: bytes) -> str:
    """The media type of a recording. What is none of the accepted containers is bytes and nothing else."""
    if head[4:8] == b"ftyp":
        return "video/quicktime" if head[8:12] == b"qt  " else "video/mp4"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "video/x-msvideo"
    if len(head) > TS_PACKET_BYTES and head[0] == head[TS_PACKET_BYTES] == ord("G"):
        return "video/mp2t"
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "video/quicktime"
    return UNKNOWN
