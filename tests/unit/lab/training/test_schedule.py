from __future__ import annotations

import pytest

from lab.recipes.recipe import Stage
from lab.training.schedule import learning_rate, place_of

ONE = (Stage(learning_rate=0.1, warm_up_epochs=2, optimiser=lambda _: None),)
TWO = (
    Stage(share=1, learning_rate=1.0, optimiser=lambda _: None),
    Stage(share=2, learning_rate=0.1, optimiser=lambda _: None),
)


def test_the_rate_rises_evenly_and_falls_as_a_cosine_to_zero() -> None:
    rates = [learning_rate(place_of(ONE, epoch, 12), 0) for epoch in range(12)]
    assert rates[:3] == pytest.approx([0, 0.05, 0.1])
    assert rates[7] == pytest.approx(0.05)  # halfway down
    assert learning_rate(place_of(ONE, 11, 12), 1) == pytest.approx(0)
    assert rates[2:] == sorted(rates[2:], reverse=True)


def test_stages_share_the_epochs_and_each_begins_anew() -> None:
    places = [place_of(TWO, epoch, 9) for epoch in range(9)]
    assert [place.number for place in places] == [0] * 3 + [1] * 6
    assert [place.epoch for place in places] == [0, 1, 2, 0, 1, 2, 3, 4, 5]
    assert learning_rate(places[3], 0) == 0.1


@pytest.mark.parametrize("epochs", [2, 3, 4, 7, 100])
def test_no_stage_is_left_out_however_few_epochs_there_are(epochs: int) -> None:
    numbers = [place_of(TWO, epoch, epochs).number for epoch in range(epochs)]
    assert set(numbers) == {0, 1}
    assert numbers == sorted(numbers)


def test_a_longer_plan_goes_on_where_its_own_cosine_is() -> None:
    shorter, longer = (learning_rate(place_of(ONE, 8, epochs), 0) for epochs in (10, 20))
    assert shorter < longer < 0.1
