"""What a recording may cost: the bounds that keep one upload from taking a worker down."""

from __future__ import annotations

from dataclasses import dataclass

BLOCK_PX = 128  # the largest block of the accepted codecs, AV1's


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaLimits:
    """The defaults are what the design promises; an operator may change each of them."""

    duration_s: float = 4 * 3600.0
    long_side_px: int = 4096
    short_side_px: int = 2304
    streams: int = 32
    size_bytes: int = 8 * 10**9

    @property
    def decoder_pixels(self) -> int:
        """The largest picture a decoder may allocate: codecs round sides up to whole blocks."""
        return (self.long_side_px + BLOCK_PX) * (self.short_side_px + BLOCK_PX)

    def fits(self, width: int, height: int) -> bool:
        """Whether a picture is small enough, lying or standing."""
        return max(width, height) <= self.long_side_px and min(width, height) <= self.short_side_px
