"""The shape that conventions ask of the code: short functions in short files."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = ("api", "bench", "cli", "client", "lab", "migrations/env.py", "shared", "worker")
FILES = sorted(path for folder in FOLDERS for path in [ROOT / folder, *(ROOT / folder).rglob("*.py")] if path.is_file())


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and lines of body, without the docstring, of every function in a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", lines


LENGTHS = dict(length for path in FILES for length in functions(path))


def test_no_function_is_longer_than_50_lines() -> None:
    assert [name for name, lines in LENGTHS.items() if lines > 50] == []


def test_half_of_all_functions_have_8_lines_or_fewer() -> None:
    assert median(LENGTHS.values()) <= 8


def test_nineteen_of_twenty_functions_have_30_lines_or_fewer() -> None:
    assert quantiles(LENGTHS.values(), n=20)[-1] <= 30


def test_no_file_is_longer_than_300_lines() -> None:
    assert [path.name for path in FILES if len(path.read_text().splitlines()) > 300] == []


def test_every_file_postpones_its_annotations() -> None:
    written = [path for path in FILES if path.read_text().strip()]
    lacking = [path for path in written if "from __future__ import annotations" not in path.read_text()]
    assert [str(path.relative_to(ROOT)) for path in lacking if list(functions(path))] == []
