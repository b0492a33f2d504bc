from __future__ import annotations

import threading
from pathlib import Path

import pytest

import mien
from mien import RecordingChanged, Unreachable
from tests.integration.client.conftest import MakeClient, MakeFile, Server, sha256_of
from tests.integration.client.link import Answer, CutAfter, Link, LoseAnswer

SIZE = 3_000_000


class Interrupted(Exception):
    """As when a process is killed."""


def interrupt_at(limit_bytes: int) -> mien.Progress:
    def tell(done: int, _of: int) -> None:
        if done >= limit_bytes:
            raise Interrupted

    return tell


def test_an_upload_goes_on_where_it_was_cut(client: mien.Client, link: Link, make_file: MakeFile) -> None:
    link.faults += [CutAfter(900_000), CutAfter(700_000), LoseAnswer(), CutAfter(500_000)]
    path = make_file(SIZE)
    offsets: list[int] = []
    upload = client.upload(path, progress=lambda done, _: offsets.append(done))

    assert upload.is_complete
    assert client.video(upload.video_id or "").sha256 == sha256_of(path)
    assert offsets[-1] == SIZE
    assert link.connections >= 4


def test_pieces_are_no_longer_than_was_set(make_client: MakeClient, link: Link, make_file: MakeFile) -> None:
    path = make_file(SIZE)
    client = make_client(piece_bytes=1_000_000)
    upload = client.upload(path)

    assert client.video(upload.video_id or "").sha256 == sha256_of(path)


def test_an_upload_survives_the_death_of_the_server(client: mien.Client, server: Server, make_file: MakeFile) -> None:
    restarts: list[threading.Thread] = []

    def restart() -> None:
        server.kill()
        server.start()

    def tell(done: int, of: int) -> None:
        if done > of // 2 and not restarts:
            restarts.append(threading.Thread(target=restart))
            restarts[0].start()

    path = make_file(20_000_000)
    upload = client.upload(path, progress=tell)
    restarts[0].join()

    assert client.video(upload.video_id or "").sha256 == sha256_of(path)


def test_another_process_goes_on_and_makes_one_job(
    make_client: MakeClient, link: Link, make_file: MakeFile, tmp_path: Path
) -> None:
    path, notes = make_file(SIZE), tmp_path / "notes"
    with pytest.raises(Interrupted):
        make_client(resumable_from_bytes=1, piece_bytes=1_000_000).submit(
            path, notes=notes, progress=interrupt_at(2_500_000)
        )
    assert len(list(notes.iterdir())) == 1

    sent_bytes = link.sent_bytes
    job = make_client(resumable_from_bytes=1).submit(path, notes=notes, reference="resumed")
    assert link.sent_bytes - sent_bytes < SIZE / 2
    assert make_client().video(job.video_id or "").sha256 == sha256_of(path)
    assert list(notes.iterdir()) == []


def test_a_process_that_dies_before_it_hears_of_its_job_makes_no_second_one(
    make_client: MakeClient, make_file: MakeFile, tmp_path: Path
) -> None:
    path, notes = make_file(SIZE), tmp_path / "notes"
    client = make_client(resumable_from_bytes=1)
    done = client.upload(path, notes=notes, keep_note=True)
    kept = {note.name: note.read_text() for note in notes.iterdir()}
    first = client.submit(path, notes=notes, reference="heard of late")
    for name, text in kept.items():
        (notes / name).write_text(text)

    assert client.submit(path, notes=notes, reference="heard of late").id == first.id
    assert first.video_id == done.video_id


def test_a_note_of_another_file_or_of_an_upload_that_is_gone_is_in_nobodys_way(
    client: mien.Client, make_file: MakeFile, tmp_path: Path
) -> None:
    path, notes = make_file(SIZE), tmp_path / "notes"
    with pytest.raises(Interrupted):
        client.upload(path, notes=notes, progress=interrupt_at(1))
    for upload in client.uploads():
        client.cancel_upload(upload)
    assert client.upload(path, notes=notes).is_complete

    with pytest.raises(Interrupted):
        client.upload(path, notes=notes, progress=interrupt_at(1))
    path = make_file(SIZE)
    assert client.video(client.upload(path, notes=notes).video_id or "").sha256 == sha256_of(path)
    next(notes.iterdir()).write_text("nonsense")
    assert client.upload(path, notes=notes).is_complete


def test_two_clients_at_once_on_one_upload_make_one_recording(
    make_client: MakeClient, server: Server, make_file: MakeFile
) -> None:
    path = make_file(20_000_000)
    client = make_client(piece_bytes=1_000_000)
    with pytest.raises(Interrupted):
        client.upload(path, progress=interrupt_at(1_000_000))
    begun = next(client.uploads())
    done: list[mien.Upload] = []
    both = [
        threading.Thread(target=lambda: done.append(make_client(piece_bytes=1_000_000).upload(path, upload=begun)))
        for _ in range(2)
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert {upload.video_id for upload in done} == {done[0].video_id}
    assert len(done) == 2
    assert client.video(done[0].video_id or "").sha256 == sha256_of(path)


def test_a_file_that_changes_meanwhile_is_not_sent_on(client: mien.Client, link: Link, make_file: MakeFile) -> None:
    path = make_file(SIZE)

    def tell(done: int, _of: int) -> None:
        if done:
            path.write_bytes(b"another one altogether" * 200_000)

    link.faults += [CutAfter(900_000)]
    with pytest.raises(RecordingChanged):
        client.upload(path, progress=tell)


def test_an_upload_is_not_gone_on_with_by_another_file(client: mien.Client, make_file: MakeFile) -> None:
    with pytest.raises(Interrupted):
        client.upload(make_file(SIZE), progress=interrupt_at(1))
    begun = next(client.uploads())

    with pytest.raises(RecordingChanged):
        client.upload(make_file(SIZE - 1, "other.mp4"), upload=begun)
    with pytest.raises(mien.NotFound):
        client.upload(make_file(), upload="upl_" + "0" * 32)
    assert begun.name == "answer.mp4"
    client.cancel_upload(begun)


def test_a_server_that_stays_away_is_given_up(make_client: MakeClient, link: Link, make_file: MakeFile) -> None:
    client = make_client(patience_s=1.0)
    client.job(client.submit(make_file()))
    link.faults += [Answer("503 Service Unavailable", "0")] * 1000
    link.cut()
    with pytest.raises((Unreachable, mien.ServerProblem)):
        client.upload(make_file(SIZE, "other.mp4"))
