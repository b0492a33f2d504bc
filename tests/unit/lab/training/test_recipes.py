from __future__ import annotations

from pathlib import Path

import pytest

from lab.recipes.registry import NAMES, find


@pytest.mark.parametrize("name", NAMES)
def test_each_recipe_bears_its_name_and_loads_no_framework(name: str) -> None:
    assert find(name).name == name


def test_an_unknown_recipe_is_answered_with_those_there_are() -> None:
    with pytest.raises(LookupError, match="mien-net, custom-cnn"):
        find("resnet")


def test_only_efficientnet_begins_with_weights_from_a_file() -> None:
    assert len(find("efficientnetb0", Path("weights.h5")).stages) == 2
    assert len(find("efficientnetb0").stages) == 1
    with pytest.raises(LookupError, match="takes no weights"):
        find("mien-net", Path("weights.h5"))
