"""What a run of a command costs, seen with real child processes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.measure import BenchFailed, Cost, measure, median_cost

BURN = "import time\nwhile time.process_time() < 0.3: pass\n"
CHILD = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BURN!r}], check=True)\n"
HOLD = "import time\nheld = bytearray({megabytes} * 2**20)\ntime.sleep(0.3)\n"
PARENT = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {HOLD.format(megabytes=150)!r}], check=True)\n"


def python(source: str) -> list[str]:
    return [sys.executable, "-c", source]


def cost(wall_s: float, cpu_s: float = 0.0, tree_mb: float = 0.0, process_mb: float = 0.0) -> Cost:
    return Cost(wall_s=wall_s, cpu_s=cpu_s, peak_tree_mb=tree_mb, peak_process_mb=process_mb)


def test_the_cpu_of_a_process_is_counted() -> None:
    assert measure(python(BURN)).cost.cpu_s >= 0.3


def test_the_cpu_of_a_process_below_is_counted() -> None:
    assert measure(python(CHILD)).cost.cpu_s >= 0.3


def test_waiting_costs_no_cpu() -> None:
    waited = measure(python("import time; time.sleep(0.5)")).cost
    assert waited.cpu_s < waited.wall_s


def test_memory_that_is_held_shows_in_the_peaks() -> None:
    little, much = (measure(python(HOLD.format(megabytes=megabytes))).cost for megabytes in (1, 150))
    assert much.peak_process_mb > little.peak_process_mb + 100
    assert much.peak_tree_mb > little.peak_tree_mb + 100


def test_the_memory_of_a_process_below_is_seen() -> None:
    held = measure(python(PARENT)).cost
    assert held.peak_process_mb > 150
    assert held.peak_tree_mb > held.peak_process_mb


def test_the_last_line_is_the_answer_of_a_program_that_talks_before() -> None:
    assert measure(python("print('loading'); print('{\"faces\": 3}')")).last_json() == {"faces": 3}


def test_a_command_runs_in_the_folder_it_is_given(tmp_path: Path) -> None:
    assert measure(python("import os; print(os.getcwd())"), tmp_path).stdout.strip() == str(tmp_path)


def test_a_command_that_fails_is_reported_with_what_it_said() -> None:
    with pytest.raises(BenchFailed, match=r"ended with 3\.\nno such face"):
        measure(python("import sys; sys.stderr.write('no such face'); sys.exit(3)"))


def test_a_command_that_does_not_exist_is_reported() -> None:
    with pytest.raises(BenchFailed, match="cannot be started"):
        measure(["/nowhere/mien"])


def test_the_median_is_taken_of_each_number_by_itself() -> None:
    costs = [cost(1, 30, 5, 5), cost(9, 10, 6, 1), cost(2, 20, 4, 3)]
    assert median_cost(costs) == cost(2, 20, 5, 3)


def test_the_median_of_an_even_number_lies_between() -> None:
    assert median_cost([cost(1), cost(2)]).wall_s == 1.5
