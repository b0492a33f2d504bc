"""All that a training needs to go on, in one small file.

Weights are kept as they are; the running mean of kernels is rounded to float16, and what the optimiser remembers to
bfloat16, whose range is that of float32. A training rounds its own memory likewise when it writes, so that going on
and never having stopped are the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from lab.data.damage import Damaged

Array = NDArray[Any]
LARGEST_FLOAT16 = 6e4


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    weights: Sequence[Array]
    """All variables of the network, in its order, with the states of its random generators."""
    mean: Sequence[Array]
    """The running mean of its weights."""
    memory: Sequence[Array]
    """The optimiser's variables."""
    facts: Mapping[str, Any] = field(default_factory=dict)

    def rounded(self) -> State:
        """What comes back after it was written."""
        return State(
            weights=self.weights,
            mean=[_half(one).astype(one.dtype) for one in self.mean],
            memory=[_from_brief(_brief(one), one.dtype) for one in self.memory],
            facts=self.facts,
        )


def write(path: Path, state: State) -> None:
    """Replace the file at once: whoever reads it finds the old one or the new one."""
    arrays = {f"weight{at}": one for at, one in enumerate(state.weights)}
    arrays |= {f"mean{at}": _half(one) for at, one in enumerate(state.mean)}
    arrays |= {f"memory{at}": _brief(one) for at, one in enumerate(state.memory)}
    content = BytesIO()
    np.savez(content, facts=np.array(json.dumps(dict(state.facts))), **arrays)  # type: ignore[arg-type]
    replace(path, content.getvalue())


def read(path: Path) -> State:
    """Raises Damaged."""
    try:
        with np.load(path) as stored:
            return State(
                weights=_numbered(stored, "weight"),
                mean=[one.astype(np.float32) if one.dtype == np.float16 else one for one in _numbered(stored, "mean")],
                memory=[_from_brief(one, np.dtype(np.float32)) for one in _numbered(stored, "memory")],
                facts=json.loads(str(stored["facts"])),
            )
    except (BadZipFile, OSError, ValueError, KeyError) as error:
        raise Damaged(path, f"is no checkpoint: {error}") from error


def replace(path: Path, content: bytes) -> None:
    """Write a file beside and put it in place."""
    beside = path.with_name(path.name + ".part")
    beside.write_bytes(content)
    beside.replace(path)


def _numbered(stored: Any, kind: str) -> list[Array]:
    count = sum(name.removeprefix(kind).isdigit() for name in stored.files if name.startswith(kind))
    return [stored[f"{kind}{at}"] for at in range(count)]


def _half(array: Array) -> Array:
    """Kernels in float16; vectors, such as variances, as they are."""
    small = array.dtype == np.float32 and array.ndim > 1 and float(np.abs(array).max(initial=0)) < LARGEST_FLOAT16
    return array.astype(np.float16) if small else array


def _brief(array: Array) -> Array:
    """The upper half of each float32, rounded to the nearest: bfloat16, which numpy can only store as uint16."""
    if array.dtype != np.float32 or not array.ndim:
        return array
    bits = np.ascontiguousarray(array).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def _from_brief(array: Array, dtype: np.dtype[Any]) -> Array:
    if array.dtype != np.uint16:
        return array
    return (array.astype(np.uint32) << 16).view(np.float32).astype(dtype)
