"""Follows a page as a reader does: one shell from its first snippet to its last, Python in processes of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from tests.docs.pages import ROOT, Snippet

MARK = "\x1e"  # the record separator, which no snippet prints
PAGE_S = 500.0  # on a machine that does much else
ANYTHING = "…"

STRICT = 'curl() { command curl --fail-with-body "$@"; }'
LENIENT = 'curl() { command curl "$@"; }'
HEAD = f"""set -euo pipefail
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
{STRICT}
"""


@dataclass(frozen=True)
class Reader:
    """Who has a clone in `folder`, and reads other words in the place of some."""

    folder: Path
    words: Mapping[str, str]
    variables: Mapping[str, str]

    def follow(self, snippets: Sequence[Snippet]) -> dict[Snippet, str]:
        """What each snippet prints. Raises AssertionError at the first that fails."""
        script = self.folder / "page.sh"
        script.write_text(HEAD + "".join(self._commands(snippets)))
        code, stdout, stderr = self._run(script)
        printed = _printed(stdout, snippets)
        last = max(printed, key=lambda snippet: snippet.line).place if printed else "the first snippet"
        assert code == 0, f"{last} failed:\n{stdout[-3000:]}\n{stderr[-3000:]}"
        return printed

    def _run(self, script: Path) -> tuple[int, str, str]:
        """In a session of its own, of which nothing is left, however it ends."""
        process = subprocess.Popen(
            ["bash", str(script)],
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            stdout, stderr = process.communicate(timeout=PAGE_S)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        return process.returncode, stdout, stderr

    def environment(self) -> dict[str, str]:
        """Of a reader who installed the client, and nothing of the server."""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {
            "PATH": path,
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "NO_PROXY": "127.0.0.1",
            "PYTHONPATH": str(ROOT / "client" / "src"),
            "PYTHONUNBUFFERED": "1",
            **self.variables,
        }

    def read(self, code: str) -> str:
        for word, meant in self.words.items():
            code = code.replace(word, meant)
        return code

    def _commands(self, snippets: Sequence[Snippet]) -> Iterator[str]:
        for number, snippet in enumerate(snippets):
            if snippet.language == "sh":
                wrapped = f"{LENIENT}\n{self.read(snippet.code)}{STRICT}\n"
                code = wrapped if "refused" in snippet.marks else self.read(snippet.code)
                yield f"printf '{MARK}{number} '\n{code}"
            elif snippet.language == "python" and "continued" not in snippet.marks:
                yield f"python3 {self._program(number, snippets)}\n"

    def _program(self, number: int, snippets: Sequence[Snippet]) -> str:
        """A file with this snippet and those that continue it."""
        rest = [other for other in snippets[number + 1 :] if other.language == "python"]
        chain = [snippets[number], *takewhile(lambda other: "continued" in other.marks, rest)]
        parts = [f"print('{MARK}{snippets.index(part)} ', end='')\n{self.read(part.code)}" for part in chain]
        file = self.folder / f"program-{number}.py"
        file.write_text("\n".join(parts))
        return file.name


def _printed(stdout: str, snippets: Sequence[Snippet]) -> dict[Snippet, str]:
    parts = [part.split(" ", 1) for part in stdout.split(MARK)[1:]]
    return {snippets[int(number)]: text for number, text in parts}


def differences(snippet: Snippet, printed: str) -> list[str]:
    """Between what it printed and what the page says, where `…` stands for anything."""
    said = snippet.output
    if said is None:
        return []
    if said.language == "text":
        found = [] if _matches(said.text.strip(), printed.strip()) else [f"not as it says: {printed[:500]}"]
    else:
        try:
            found = list(_differences(json.loads(said.text), json.loads(printed), "$"))
        except ValueError:
            found = [f"no JSON: {printed[:500]}"]
    return [f"docs/{snippet.page}:{said.line}: {wrong}" for wrong in found]


def _matches(pattern: str, text: str) -> bool:
    """Trailing spaces of lines do not count."""
    expected = "\n".join(line.rstrip() for line in pattern.splitlines())
    given = "\n".join(line.rstrip() for line in text.splitlines())
    return re.fullmatch(".*".join(map(re.escape, expected.split(ANYTHING))), given, re.DOTALL) is not None


def _differences(said: Any, printed: Any, at: str) -> Iterator[str]:
    """Names, texts and truth values are compared, of numbers only that there is one; `…` is anything more."""
    if said == ANYTHING:
        return
    if isinstance(said, dict) and isinstance(printed, dict):
        names = said.keys() if ANYTHING not in said else said.keys() - {ANYTHING}
        if ANYTHING not in said and printed.keys() != names:
            yield f"{at} has other names: {sorted(printed.keys() ^ names)}"
        for name in names:
            yield from _differences(said[name], printed.get(name), f"{at}.{name}")
    elif isinstance(said, list) and isinstance(printed, list):
        wanted = said[:-1] if said[-1:] == [ANYTHING] else said
        if len(printed) < len(wanted) or (len(printed) > len(wanted) and wanted is said):
            yield f"{at} has {len(printed)} items"
        for number, (one, other) in enumerate(zip(wanted, printed, strict=False)):
            yield from _differences(one, other, f"{at}[{number}]")
    elif not _alike(said, printed):
        yield f"{at} is {printed!r}"


def _alike(said: Any, printed: Any) -> bool:
    if isinstance(said, str) and isinstance(printed, str):
        return _matches(said, printed)
    if isinstance(said, bool) or isinstance(printed, bool) or said is None or printed is None:
        return said is printed
    return isinstance(said, int | float) and isinstance(printed, int | float)


def syntax_error(snippet: Snippet, folder: Path) -> str:
    """Empty when an interpreter would take it; for Node it takes Node to say so."""
    if snippet.language == "python":
        compile(snippet.code, snippet.place, "exec")
        return ""
    file = folder / {"sh": "snippet.sh", "js": "snippet.mjs"}[snippet.language]
    file.write_text(snippet.code)
    command = ["bash", "-n"] if snippet.language == "sh" else ["node", "--check"]
    return subprocess.run([*command, str(file)], capture_output=True, text=True, check=False).stderr
