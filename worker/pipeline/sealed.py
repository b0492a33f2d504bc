"""Files of weights, and the only content that is accepted for each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from shared.domain.errors import Unavailable


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    path: Callable[[], Path]
    sha256: str

    def verified(self) -> Path:
        """Raises Unavailable when the file is missing or is another one."""
        path = self.path()
        if not path.is_file() or _sha256_of(path, path.stat().st_mtime_ns) != self.sha256:
            raise Unavailable(f"The model's weights ({path.name}) are missing or altered; install the model again.")
        return path


@lru_cache(maxsize=8)
def _sha256_of(path: Path, _modified_ns: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
