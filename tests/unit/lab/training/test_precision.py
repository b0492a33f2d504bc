from __future__ import annotations

from pathlib import Path

import pytest

from lab.training.precision import best_precision


@pytest.mark.parametrize(
    ("flags", "precision"),
    [("fpu avx2 fma", "float32"), ("avx512f avx512_bf16", "bfloat16"), ("amx_bf16 amx_tile", "bfloat16")],
)
def test_bfloat16_is_for_processors_that_multiply_it(tmp_path: Path, flags: str, precision: str) -> None:
    (tmp_path / "cpuinfo").write_text(f"model name : any\nflags : {flags}\n")
    assert best_precision(tmp_path / "cpuinfo") == precision


def test_an_unknown_machine_computes_in_float32(tmp_path: Path) -> None:
    assert best_precision(tmp_path / "cpuinfo") == "float32"
