from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

import mien
from mien import JobFailed, NotYet
from tests.integration.client.conftest import MakeFile
from tests.integration.client.link import CutAnswerAfter, Link


@pytest.fixture
def queued(client: mien.Client, make_file: MakeFile) -> mien.Job:
    """A job that nobody works on."""
    return client.submit(make_file())


def test_a_list_is_gone_through_page_by_page(
    client: mien.Client, make_file: MakeFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mien.core.PAGE_ITEMS", 2)
    upload = client.upload(make_file())
    made = [client.submit(upload, reference="pages", metadata={"n": str(n)}).id for n in range(5)]
    newest_first = client.jobs(reference="pages")

    assert next(newest_first).id == made[-1]
    late = client.submit(upload, reference="pages").id
    assert [job.id for job in newest_first] == made[-2::-1]
    assert [job.id for job in client.jobs(reference="pages", order="asc")] == [*made, late]


def test_a_list_has_what_was_asked_for(client: mien.Client, make_file: MakeFile) -> None:
    upload = client.upload(make_file())
    jobs = [client.submit(upload, reference="kinds", metadata={"question": str(n)}) for n in range(3)]
    client.cancel(jobs[0])
    an_hour = timedelta(hours=1)
    now = datetime.now(UTC)

    def found(**wanted: object) -> set[str]:
        return {job.id for job in client.jobs(reference="kinds", **wanted)}  # type: ignore[arg-type]

    assert found(state="canceled") == {jobs[0].id}
    assert found(state=("canceled", "queued")) == {job.id for job in jobs}
    assert found(metadata={"question": "2"}) == {jobs[2].id}
    assert found(video_id=upload.video_id, purpose="practice") == {job.id for job in jobs}
    assert found(created_after=now - an_hour, created_before=now + an_hour) == {job.id for job in jobs}
    assert found(created_before=now - an_hour) == found(purpose="coaching") == set()


def test_events_tell_of_each_change_until_the_job_is_over(client: mien.Client, queued: mien.Job) -> None:
    events = client.events(queued)
    first = next(events)
    client.cancel(queued)
    *_, last = events

    assert (first.type, first.job.state) == ("state", "queued")
    assert (last.type, last.job.state) == ("state", "canceled")
    assert list(client.events(queued, last_event_id=last.id)) == []
    assert [event.job.state for event in client.events(queued, last_event_id=first.id)] == ["canceled"]


def test_a_stream_that_is_cut_goes_on(client: mien.Client, link: Link, queued: mien.Job) -> None:
    link.cut()
    link.faults += [CutAnswerAfter(100), CutAnswerAfter(1500)]
    canceling = threading.Timer(2.0, client.cancel, [queued])
    canceling.start()
    states = [event.job.state for event in client.events(queued)]
    canceling.join()

    assert states == ["queued", "canceled"]
    assert not link.faults


def test_waiting_ends_with_the_job_or_with_the_time(client: mien.Client, queued: mien.Job) -> None:
    told: list[tuple[int, int]] = []
    with pytest.raises(NotYet, match="queued"):
        client.wait(queued, timeout_s=1, progress=lambda done, of: told.append((done, of)))
    client.cancel(queued)
    over = client.wait(queued)

    assert told[0] == (0, 0)
    assert over.state == "canceled"
    with pytest.raises(JobFailed) as failed:
        over.succeeded()
    assert (failed.value.code, failed.value.job.id) == ("canceled", queued.id)


def test_a_job_is_canceled_retried_and_erased(client: mien.Client, queued: mien.Job) -> None:
    assert client.cancel(queued).state == "canceled"
    again = client.retry(queued)
    assert (again.retry_of, again.state) == (queued.id, "queued")
    with pytest.raises(mien.Conflict, match="state_conflict"):
        client.retry(again)
    with pytest.raises(mien.Conflict):
        client.result(again)

    receipt = client.erase(again)
    assert (receipt.job_id, receipt.video_id) == (again.id, None)
    assert client.job(again).state == "erased"
    assert client.erase(again).erased_at == receipt.erased_at


def test_a_person_is_erased_whatever_the_reference_looks_like(client: mien.Client, make_file: MakeFile) -> None:
    reference = "a/b?c #지원자 ü%2F"
    job = client.submit(make_file(), reference=reference)
    client.submit(make_file(), reference="a")
    receipt = client.erase_subject(reference)

    assert (receipt.jobs, receipt.videos) == ((job.id,), (job.video_id,))
    assert list(client.jobs(reference=reference)) == []
    assert len(list(client.jobs(reference="a"))) == 1


def test_a_recording_is_listed_and_erased(client: mien.Client, make_file: MakeFile) -> None:
    upload = client.upload(make_file())
    assert upload.video_id in {video.id for video in client.videos()}
    client.erase_video(upload.video_id or "")

    assert upload.video_id not in {video.id for video in client.videos()}


def test_webhooks_are_looked_after(client: mien.Client, link: Link) -> None:
    made = client.create_endpoint("http://127.0.0.1:9/", event_types=["job.failed"], description="mine")
    assert made.secret is not None
    assert client.endpoint(made).secret is None
    rotated = client.rotate_endpoint(made)
    assert rotated.secret not in (None, made.secret)

    sent = client.test_endpoint(made)
    assert client.delivery(sent).event_type == "endpoint.test"
    assert [delivery.id for delivery in client.deliveries(endpoint=made)] == [sent.id]
    assert client.disable_endpoint(made).state == "disabled"
    assert client.redeliver(sent).state == "ready" if client.enable_endpoint(made).state == "active" else False
    client.delete_endpoint(made)
    with pytest.raises(mien.NotFound):
        client.endpoint(made)
    assert client.webhook_secret() == client.webhook_secret() != client.rotate_webhook_secret()
