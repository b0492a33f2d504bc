"""Memory does not grow with the length of a recording."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.recordings import Studio
from worker.analyser import Analyser, AnalyserLimits

ROOT = Path(__file__).parents[3]
MAX_GROWTH_MB = 60

# Plans, analyses the first and the last segment, and sums up as many samples as the recording has.
ANALYSE = """
import resource, sys
from dataclasses import replace
from pathlib import Path
import numpy as np
from shared.domain.limits import MediaLimits
from shared.domain.options import Options
from worker.pipeline.run import Recording, analyse_segment, plan_recording, summarise

class Calm:
    name, engine, sha256, side_px, margin = "calm", "none", "", 64, 0.1
    def probabilities(self, crops):
        return np.full((len(crops), 7), 1 / 7, dtype=np.float32)

path, options = Path(sys.argv[1]), Options()
plan = plan_recording(path, options, MediaLimits(), lambda done: None)
with Recording(path) as recording:
    for segment in (plan.segments[0], plan.segments[-1]):
        seen = analyse_segment(recording, plan, segment, options, Calm(), lambda done: None)
every = {
    segment.index: [
        replace(seen[k % len(seen)], number=segment.first_sample + k, t_s=(segment.first_sample + k) / 2)
        for k in range(len(segment.frame_pts))
    ]
    for segment in plan.segments
}
summarise(plan, every, options)
print(plan.samples_total, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def peak_mb(path: Path) -> tuple[int, int]:
    """Samples of a recording, and the peak memory of a process that analyses it."""
    child = subprocess.run(
        [sys.executable, "-c", ANALYSE, str(path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    samples, peak = child.stdout.split()
    return int(samples), int(peak)


def test_three_hours_take_no_more_memory_than_one_minute(studio: Studio) -> None:
    minute = {"duration_s": 60.0, "fps": 24, "width": 160, "height": 90}
    short_samples, short_mb = peak_mb(studio.looped(1, **minute))
    long_samples, long_mb = peak_mb(studio.looped(180, **minute))
    assert (short_samples, long_samples) == (120, 21_600)
    assert long_mb - short_mb < MAX_GROWTH_MB


@pytest.mark.parametrize(
    ("width", "height", "limit_mb"),
    [(1280, 720, 300), (1920, 1080, 300), (4096, 2304, 600)],
    ids=["720", "1080", "2304"],
)
def test_an_analyser_stays_small(studio: Studio, width: int, height: int, limit_mb: int) -> None:
    path = studio.record(width=width, height=height, duration_s=4.0, fps=10, b_frames=3)
    analyser = Analyser(AnalyserLimits())
    asked = {"path": str(path), "options": {}, "limits": {}}
    try:
        plan = analyser.ask({"do": "plan", **asked}, lambda _: None).header["plan"]
        analyser.ask({"do": "segment", "plan": plan, "segment": plan["segments"][0], **asked}, lambda _: None)
        assert peak_of(analyser.pid) < limit_mb
    finally:
        analyser.kill()


def peak_of(pid: int | None) -> float:
    """The most memory that a process has held, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024
