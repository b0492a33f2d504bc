"""One site per module: its database, broker, API and sweep serve all tests of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.site import Site
from tests.recordings import Studio


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(tmp_path_factory.mktemp("recordings"))


@pytest.fixture(scope="session")
def recording(studio: Studio) -> Path:
    """Six seconds with a face that changes its expression."""
    return studio.record(duration_s=6.0, fps=10, width=320, height=180)


@pytest.fixture(scope="session")
def long_recording(studio: Studio) -> Path:
    """Ninety seconds in three segments."""
    return studio.looped(15, duration_s=6.0, fps=10, width=320, height=180)


@pytest.fixture(scope="module")
def standing_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def site(standing_site: Site) -> Iterator[Site]:
    yield standing_site
    standing_site.clear()
