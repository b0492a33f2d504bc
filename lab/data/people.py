"""Who is on a picture, as the name of the picture in the arrays tells: one person must not be on both sides of a split."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

AIHUB = "aihub82"
PERSON_BYTES = 8  # of a hash of the set's own 32: enough to tell a million people apart, in a quarter of the memory


def name_with_person(person: str, native: str, file_name: str) -> str:
    """Such as `aihub82/5f656a0f627a3ef9/기쁨/20201204105732-001-007.jpg`."""
    return f"{AIHUB}/{key_of(person)}/{native}/{file_name.rpartition('_')[2]}"


def key_of(person: str) -> str:
    return blake2b(person.encode(errors="replace"), digest_size=PERSON_BYTES).hexdigest()


def people_in(names: NDArray[np.str_]) -> NDArray[np.str_]:
    """Of each name the data set and the person, or an empty text where no person is known, as in FER2013.

    Args:
        names: (n,) as `Faces` has them.

    Returns:
        (n,) text.
    """
    return np.array(["/".join(name.split("/")[:2]) if name.startswith(f"{AIHUB}/") else "" for name in names.tolist()])
