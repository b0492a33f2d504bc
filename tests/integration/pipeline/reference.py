"""The meaning of sampling, written down a second time as plainly as possible: decode everything, then look up."""

from __future__ import annotations

from pathlib import Path

import av

from worker.pipeline.luma import Luma, read_luma


def sampled_by_full_decode(path: Path, interval_s: float) -> list[tuple[float, Luma]]:
    """For every sample the time and luma of the last frame at or before it; for recordings without damage."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None
        assert stream.start_time is not None
        decoded = [(frame.pts, read_luma(frame, stream.sample_aspect_ratio)) for frame in container.decode(stream)]
        start_pts = max(stream.start_time, decoded[0][0] or 0)  # AVI counts from 0 although B-frames delay the first
        shown = [(float(((pts or 0) - start_pts) * stream.time_base), luma) for pts, luma in decoded]
    count = int((shown[-1][0] + 1e-6) / interval_s) + 1
    return [max((f for f in shown if f[0] <= k * interval_s + 1e-6), key=lambda f: f[0]) for k in range(count)]
