"""The stable codes of all conditions, and the way back from a code to its condition."""

from __future__ import annotations

from shared.domain.errors import MienError


def every_error() -> list[type[MienError]]:
    """All conditions that carry a code of their own, in the order of the tree."""

    def walk(kind: type[MienError]) -> list[type[MienError]]:
        own = [kind] if "code" in vars(kind) else []
        return own + [leaf for child in kind.__subclasses__() for leaf in walk(child)]

    return walk(MienError)


def error_of(code: str, detail: str) -> MienError:
    """Rebuild an error that crossed a process border as its code and detail."""
    kinds = {kind.code: kind for kind in every_error()}
    return kinds.get(code, MienError)(detail)
