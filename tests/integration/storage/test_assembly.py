"""Files that are put together out of order, on a real disk."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from shared.domain.errors import StorageFull
from shared.storage.local import LocalStorage


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path)


def test_a_file_is_seen_when_it_is_whole_and_not_before(storage: LocalStorage) -> None:
    assembly = storage.assemble("jobs/a/artifacts/x", "making/a/x-1")
    assembly.write(b"????tail")
    assembly.write_at(0, b"head")
    stored = assembly.finish(lambda: None)
    assert storage.get("jobs/a/artifacts/x") is None

    assembly.publish()
    assembly.publish()
    assembly.abort()
    assert storage.get("jobs/a/artifacts/x") == b"headtail"
    assert stored.sha256 == hashlib.sha256(b"headtail").hexdigest()
    assert not storage.local_path("making/a").exists()


def test_what_is_given_up_leaves_nothing(storage: LocalStorage) -> None:
    assembly = storage.assemble("jobs/a/artifacts/x", "making/a/x-1")
    assembly.write(b"half of")
    assembly.abort()

    assert [path for path in storage.local_path("").rglob("*") if path.is_file()] == []


def test_two_bearers_never_write_to_one_file(storage: LocalStorage) -> None:
    stale = storage.assemble("jobs/a/artifacts/x", "making/a/x-1")
    stale.write(b"stale")
    fresh = storage.assemble("jobs/a/artifacts/x", "making/a/x-2")
    fresh.write(b"fresh")
    stale.write(b" and still writing")
    fresh.finish(lambda: None)
    fresh.publish()
    stale.abort()

    assert storage.get("jobs/a/artifacts/x") == b"fresh"


def test_a_full_disk_is_named(storage: LocalStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "no space left")

    assembly = storage.assemble("jobs/a/artifacts/x", "making/a/x-1")
    monkeypatch.setattr(os, "pwrite", refuse)

    with pytest.raises(StorageFull):
        assembly.write(b"x")


def test_an_open_file_outlives_its_deletion(storage: LocalStorage) -> None:
    storage.put("a/b", b"content")
    file = storage.open("a/b")
    storage.delete("a/b")

    assert file is not None
    with file:
        assert file.read() == b"content"
    assert storage.open("a/b") is None
