"""What import-linter cannot say about who may load what."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DOMAIN = sorted((ROOT / "shared" / "domain").rglob("*.py"))
MEDIA = {"ai_edge_litert", "av", "cv2", "fer", "keras", "numpy", "tensorflow"}


@pytest.mark.parametrize("path", DOMAIN, ids=lambda path: path.stem)
def test_the_domain_imports_the_standard_library_and_itself_only(path: Path) -> None:
    foreign = [name for name in imported(path) if name.partition(".")[0] not in sys.stdlib_module_names]
    assert [name for name in foreign if not name.startswith("shared.domain")] == []


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where things come from"
            yield node.module or ""


@pytest.mark.parametrize("module", ["api.main", "worker.main", "worker.sweep"])
def test_no_process_but_an_analyser_loads_a_model_or_opens_media(module: str) -> None:
    assert importlib.util.find_spec(module) is not None
    source = f"import sys, {module}; print(*({MEDIA!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout.split(), done.stderr) == ([], "")
