"""What the client was told, held against what is there (I1, I2, I9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from uuid import UUID

from tests.chaos.found import OVER, Found
from tests.chaos.journal import Journal


def acknowledged_jobs_are_there(found: Found, journal: Journal) -> Iterator[str]:
    for job_id in sorted({entry.job_id for entry in journal.tries() if entry.job_id}):
        if _uuid(job_id) not in found.jobs:
            yield f"{job_id} was acknowledged and is lost"


def seen_ends_stand(found: Found, journal: Journal) -> Iterator[str]:
    for seen in journal.seen():
        job = found.jobs.get(_uuid(seen.job_id))
        if seen.state in OVER and job is not None and job["state"] not in (seen.state, "erased"):
            yield f"{seen.job_id} was seen {seen.state} and is {job['state']}"


def keys_have_one_job(found: Found, journal: Journal) -> Iterator[str]:
    tries = journal.tries()
    made = {row["key"]: row["made_id"] for row in found.rows["idempotency_key"]}
    for key in sorted({entry.key for entry in tries}):
        answered = {_uuid(entry.job_id) for entry in tries if entry.key == key and entry.job_id}
        jobs = answered | {job["id"] for job in found.rows["job"] if job["reference"] == key}
        if len(jobs) > 1 or (key in made and jobs != {made[key]}):
            yield f"the key {key} stands for {made.get(key)} and has the jobs {sorted(map(str, jobs))}"


def jobs_are_of_one_submission(found: Found, journal: Journal) -> Iterator[str]:
    pairs = {(entry.job_id, entry.key) for entry in journal.tries() if entry.job_id}
    for job_id, count in Counter(job_id for job_id, _ in pairs).items():
        if count > 1:
            yield f"{job_id} answers for {count} submissions"
    videos = {row["id"]: row["sha256"] for row in found.rows["video"]}
    for entry in journal.tries():
        job = found.jobs.get(_uuid(entry.job_id)) if entry.job_id else None
        if job is None or job["state"] == "erased":
            continue
        if videos[job["video_id"]] != entry.sha256:
            yield f"{entry.job_id} analyses another recording than the one that was sent"


def _uuid(wire_id: str) -> UUID:
    return UUID(hex=wire_id.rpartition("_")[2])
