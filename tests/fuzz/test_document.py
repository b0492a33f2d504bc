from __future__ import annotations

from pathlib import Path

from tests.fuzz.document import fuzz
from tests.fuzz.target import serving

EXAMPLES = 4  # a short form; `./mien fuzz` takes as many as one likes


def test_the_server_keeps_every_promise_of_its_document(database_url: str, valkey_url: str, tmp_path: Path) -> None:
    with serving(database_url, valkey_url, tmp_path) as (url, key):
        done = fuzz(url, key, tmp_path, examples=EXAMPLES)

    assert done.returncode == 0, done.stdout[-20000:] + done.stderr[-2000:]
