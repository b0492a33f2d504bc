"""The recipes by name; each is a module with a function `recipe`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from lab.recipes.recipe import Recipe

NAMES = ("mien-net", "custom-cnn", "mini-xception", "xception", "efficientnetb0")


TAKE_WEIGHTS = frozenset({"efficientnetb0"})


def find(name: str, weights: Path | None = None) -> Recipe:
    """A recipe, which may begin with weights from a file.

    Raises:
        LookupError: The name is none of NAMES, or the recipe begins with random weights only.
    """
    if name not in NAMES:
        raise LookupError(f"there is no recipe {name!r}; the recipes are {', '.join(NAMES)}")
    if weights is not None and name not in TAKE_WEIGHTS:
        raise LookupError(f"the recipe {name} takes no weights; {', '.join(sorted(TAKE_WEIGHTS))} does")
    make = import_module(f"lab.recipes.{name.replace('-', '_')}").recipe
    found: Recipe = make() if weights is None else make(weights)
    return found
