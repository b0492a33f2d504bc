"""Recordings for the worker's tests, and one real analyser that they share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.queue import HintPublisher, create_celery
from shared.storage.local import LocalStorage
from tests.recordings import Studio
from worker.analyser import AnalyserLimits
from worker.pool import AnalyserPool


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Studio(tmp_path_factory.mktemp("recordings")).record(duration_s=6.0, fps=10, width=320, height=180)


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path)


@pytest.fixture
def hints(valkey_url: str) -> Iterator[HintPublisher]:
    publisher = HintPublisher(create_celery(valkey_url))
    yield publisher
    publisher.close()


@pytest.fixture(scope="session")
def pool() -> Iterator[AnalyserPool]:
    pool = AnalyserPool(1, AnalyserLimits())
    pool.start()
    yield pool
    pool.close()
