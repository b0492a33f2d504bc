from __future__ import annotations

from pathlib import Path

import pytest

from cli import processes
from cli.console import Failure


@pytest.fixture(autouse=True)
def _no_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MIEN_SECRETS_DIR", str(tmp_path / "none"))


def test_every_wrong_setting_is_named_and_no_value_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIEN_DATABASE_URL", raising=False)
    monkeypatch.setenv("MIEN_PORT", "hunter2")
    with pytest.raises(Failure) as failed:
        processes.load()
    assert "MIEN_DATABASE_URL" in str(failed.value)
    assert "MIEN_PORT" in str(failed.value)
    assert "hunter2" not in str(failed.value)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_DATABASE_URL", "postgresql+psycopg2://mien@/mien")
    monkeypatch.setenv("MIEN_PORT", "8123")
    assert processes.load().port == 8123
