"""The long form of the fault suite, for less than a minute; `mien chaos` runs it for as long as one likes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.soak import Plan, soak


@pytest.mark.timeout(600)
def test_no_job_is_lost_or_doubled_under_random_faults(tmp_path: Path) -> None:
    report = soak(tmp_path, Plan(seed=20, seconds=45, pause_s=2.5))

    assert report.violations == []
    assert (report.lost, report.doubled) == (0, 0)
    assert report.accepted >= 10
    assert len(report.faults) >= 5
    assert report.told >= report.accepted  # each end, and erasures besides
