"""The test recordings, and the model, loaded once for all tests here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.domain.limits import MediaLimits
from shared.domain.options import Options
from shared.domain.plan import Plan
from shared.domain.samples import Sample
from tests.recordings import Studio
from worker.pipeline.run import FerModel, Network, Recording, Summary, analyse_segment, plan_recording, summarise

Analysis = tuple[Plan, dict[int, list[Sample]], Summary]
Analyse = Callable[..., Analysis]


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(tmp_path_factory.mktemp("recordings"))


@pytest.fixture(scope="session")
def model() -> FerModel:
    return FerModel(Network("litert"))


@pytest.fixture(scope="session")
def analyse(model: FerModel) -> Analyse:
    """Carries out the whole pipeline in this process."""

    def run(path: Path, options: Options | None = None, *, backwards: bool = False) -> Analysis:
        options = options or Options()
        plan = plan_recording(path, options, MediaLimits(), lambda _: None)
        order = reversed(plan.segments) if backwards else iter(plan.segments)
        with Recording(path) as recording:
            samples = {
                segment.index: analyse_segment(recording, plan, segment, options, model, lambda _: None)
                for segment in order
            }
        return plan, samples, summarise(plan, samples, options)

    return run


def make_plan(path: Path, limits: MediaLimits | None = None, interval_s: float = 0.5) -> Plan:
    return plan_recording(path, Options(interval_s=interval_s), limits or MediaLimits(), lambda _: None)
