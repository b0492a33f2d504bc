"""Memory does not grow with the length of a recording that is written anew."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.recordings import Studio

ROOT = Path(__file__).parents[3]
MAX_GROWTH_MB = 60
MINUTE = {"duration_s": 60.0, "fps": 24, "width": 160, "height": 90}

WRITE_ANEW = """
import resource, sys
from pathlib import Path
from shared.domain.limits import MediaLimits
from shared.domain.options import Options
from worker.pipeline.playable import make_playable
from worker.pipeline.run import plan_recording
from worker.pipeline.source import open_source

path, limits = Path(sys.argv[1]), MediaLimits()
plan = plan_recording(path, Options(), limits, lambda _: None)
sizes = []
with open_source(path, limits, plan, damaged=False) as source:
    make_playable(source, lambda at, piece: sizes.append(len(piece)), lambda _: None)
print(sum(sizes), max(sizes), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def written(path: Path) -> tuple[int, int, int]:
    """All bytes, those of the largest piece, and the peak memory of the process that wrote them, in MB."""
    child = subprocess.run(
        [sys.executable, "-c", WRITE_ANEW, str(path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    total, largest, peak = map(int, child.stdout.split())
    return total, largest, peak


def test_three_hours_are_written_in_small_pieces_and_in_no_more_memory_than_one_minute(studio: Studio) -> None:
    short, _, short_mb = written(studio.looped(1, **MINUTE))
    long, largest, long_mb = written(studio.looped(180, **MINUTE))

    assert long > 50 * short
    assert largest < 4 * 2**20
    assert long_mb - short_mb < MAX_GROWTH_MB
