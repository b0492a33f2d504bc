from __future__ import annotations

import pytest

import mien
from mien import JobFields, TooMany, Unreachable
from tests.integration.client.conftest import MakeClient, MakeFile, Server, sha256_of
from tests.integration.client.link import Answer, CutAfter, Link, LoseAnswer

TRY_LATER = Answer("503 Service Unavailable", "0")


def test_a_small_file_becomes_a_job_that_says_what_was_said_of_it(client: mien.Client, make_file: MakeFile) -> None:
    told: list[tuple[int, int]] = []
    path = make_file(100_000, "인터뷰 é.mp4")
    said = JobFields(reference="candidate-17", metadata={"q": "2"}, priority="low", options={"interval_s": 1.0})
    job = client.submit(path, progress=lambda done, of: told.append((done, of)), **said)
    assert job.video_id is not None
    video = client.video(job.video_id)

    assert (job.state, job.reference, job.metadata, job.priority) == ("queued", "candidate-17", {"q": "2"}, "low")
    assert job.options["interval_s"] == 1.0
    assert (video.name, video.size_bytes, video.sha256) == (path.name, 100_000, sha256_of(path))
    assert told[-1] == (100_000, 100_000)
    assert told == sorted(told)


def test_what_is_there_or_elsewhere_is_named(client: mien.Client, make_file: MakeFile) -> None:
    upload = client.upload(make_file())
    first = client.submit(upload, reference="by upload")

    assert first.video_id == upload.video_id
    assert client.submit(first.video_id or "").video_id == upload.video_id
    assert client.submit(client.video(first.video_id or "")).video_id == upload.video_id
    assert client.submit("http://127.0.0.1:9/a.mp4").video_id != upload.video_id


def test_a_job_whose_answer_was_lost_is_made_once(client: mien.Client, link: Link, make_file: MakeFile) -> None:
    link.faults += [LoseAnswer(), LoseAnswer()]
    job = client.submit(make_file(), reference="answer lost")

    assert link.connections == 3
    assert [found.id for found in client.jobs(reference="answer lost")] == [job.id]


def test_a_form_that_was_cut_is_sent_again_from_its_beginning(
    client: mien.Client, link: Link, make_file: MakeFile
) -> None:
    link.faults += [CutAfter(200_000), CutAfter(400_000)]
    path = make_file(1_000_000)
    job = client.submit(path, reference="form cut")

    assert client.video(job.video_id or "").sha256 == sha256_of(path)
    assert len(list(client.jobs(reference="form cut"))) == 1


@pytest.mark.parametrize("status", ["429 Too Many Requests", "502 Bad Gateway", "503 Service Unavailable"])
def test_a_server_that_asks_for_patience_is_asked_again(
    client: mien.Client, link: Link, make_file: MakeFile, status: str
) -> None:
    link.faults += [Answer(status, "0"), Answer(status, "1"), Answer(status, "nonsense")]
    assert client.submit(make_file()).state == "queued"
    assert link.connections == 4


def test_who_is_asked_to_wait_for_longer_than_there_is_patience_learns_it_at_once(
    client: mien.Client, link: Link, make_file: MakeFile
) -> None:
    link.faults += [Answer("429 Too Many Requests", "9999")]
    with pytest.raises(TooMany) as refused:
        client.submit(make_file())

    assert (refused.value.status, refused.value.retry_after_s) == (429, 9999)
    assert link.connections == 1


def test_without_retries_the_first_failure_is_the_last(
    make_client: MakeClient, link: Link, make_file: MakeFile
) -> None:
    link.faults += [LoseAnswer(), TRY_LATER]
    client = make_client(retry=mien.Retry(for_s=0))
    with pytest.raises(Unreachable) as lost:
        client.submit(make_file())
    with pytest.raises(mien.ServerProblem, match="http_503"):
        client.submit(make_file())

    assert lost.value.sent
    assert link.connections == 2


def test_an_erasure_of_a_person_is_not_repeated_behind_ones_back(client: mien.Client, link: Link) -> None:
    link.faults += [LoseAnswer()]
    with pytest.raises(Unreachable):
        client.erase_subject("nobody")

    assert link.connections == 1


def test_a_file_of_some_size_goes_in_pieces_and_becomes_a_job(make_client: MakeClient, make_file: MakeFile) -> None:
    client = make_client(resumable_from_bytes=100_000)
    path = make_file(100_000)
    job = client.submit(path, reference="in pieces")

    assert client.video(job.video_id or "").sha256 == sha256_of(path)
    assert list(client.uploads()) == []


def test_two_submissions_of_one_file_are_two_jobs(client: mien.Client, make_file: MakeFile) -> None:
    path = make_file()
    assert client.submit(path).id != client.submit(path).id


def test_the_same_key_is_the_same_job_also_for_another_client(make_client: MakeClient, make_file: MakeFile) -> None:
    path = make_file()
    first = make_client().submit(path, idempotency_key="mine")

    assert make_client().submit(path, idempotency_key="mine").id == first.id
    with pytest.raises(mien.RequestProblem, match="idempotency_key_reused"):
        make_client().submit(path, idempotency_key="mine", reference="another")


def test_what_is_wrong_is_said_with_its_field(client: mien.Client, make_file: MakeFile) -> None:
    with pytest.raises(mien.RequestProblem) as refused:
        client.submit(make_file(), options={"interval_s": 99.0})

    assert (refused.value.code, refused.value.status) == ("invalid_request", 422)
    assert refused.value.errors[0].field.startswith("options")
    assert refused.value.request_id


def test_a_wrong_key_is_refused_without_another_try(server: Server, link: Link) -> None:
    with mien.Client(link.url, "mien_nobody", trust_env=False) as stranger, pytest.raises(mien.AccessProblem):
        stranger.job("job_" + "0" * 32)
    assert link.connections == 1


def test_an_address_that_is_no_mien_is_said_to_be_none(server: Server) -> None:
    with pytest.raises(ValueError, match="no address"):
        mien.Client("mien.example", "key")
    with (
        mien.Client(f"{server.url}/docs", server.key, trust_env=False) as elsewhere,
        pytest.raises(mien.MienError, match="not_found"),
    ):
        elsewhere.job("job_" + "0" * 32)


def test_a_batch_takes_files_and_what_is_there(make_client: MakeClient, make_file: MakeFile) -> None:
    client = make_client()
    there = client.upload(make_file(name="there.mp4"))
    batch = client.batch([make_file(name="a.mp4"), (there, {"reference": "b"})], reference="a", priority="low")
    jobs = {job.reference: job for job in client.jobs(batch=batch)}

    assert (batch.total, batch.state) == (2, "running")
    assert jobs.keys() == {"a", "b"}
    assert {job.batch_id for job in jobs.values()} == {batch.id}
    assert jobs["b"].video_id == there.video_id

    client.cancel_batch(batch)
    done = client.wait_for_batch(batch, timeout_s=30)
    assert (done.is_over, done.counts) == (True, {"canceled": 2})
    assert batch.id in {found.id for found in client.batches()}
