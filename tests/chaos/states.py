"""I1, I2, I3, I5, I8 and I10: how jobs, steps and events ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from tests.chaos.found import ADORNING, ENDS, OVER, Found, is_done

OPEN = ("ready", "leased")
MAX_ATTEMPTS, MAX_LOSSES = 3, 10  # what the contract says, whatever the code says


def jobs_are_over(found: Found) -> Iterator[str]:
    for job in found.rows["job"]:
        if job["state"] not in OVER:
            yield f"job {job['id']} is still {job['state']}"


def ends_are_single(found: Found) -> Iterator[str]:
    events = found.of_job["event"]
    for job in found.rows["job"]:
        ends = sorted(event["type"] for event in events.get(job["id"], ()) if event["type"][4:] in ENDS)
        if job["state"] in ENDS and ends != [f"job.{job['state']}"]:
            yield f"job {job['id']} is {job['state']} and has the terminal events {ends}"
        if job["state"] not in ENDS and len(ends) > (job["state"] == "erased"):
            yield f"job {job['id']} is {job['state']} and has the terminal events {ends}"
        if (job["state"] in OVER) != (job["finished_at"] is not None):
            yield f"job {job['id']} is {job['state']} and finished at {job['finished_at']}"


def segments_have_one_result(found: Found) -> Iterator[str]:
    results = found.of_job["segment_result"]
    for job_id, job in found.jobs.items():
        if job["state"] == "erased":
            continue
        tokens = {step["index"]: step["lease_token"] for step in found.steps(job_id, "segment") if is_done(step)}
        written = [(row["index"], row["token"]) for row in results.get(job_id, ())]
        if sorted(written) != sorted(tokens.items()):
            yield f"job {job_id}: segments done under the tokens {tokens}, results {written}"


def succeeded_jobs_are_whole(found: Found) -> Iterator[str]:
    results = Counter(row["job_id"] for row in found.rows["result"])
    for job_id, job in found.jobs.items():
        succeeded = job["state"] == "succeeded"
        if results[job_id] != int(succeeded):
            yield f"job {job_id} is {job['state']} and has {results[job_id]} results"
        left = [(s["kind"], s["index"], s["state"]) for s in found.steps_waited_for(job_id) if not is_done(s)]
        if succeeded and left:
            yield f"job {job_id} succeeded without {left}"


def events_are_single(found: Found) -> Iterator[str]:
    for key, count in Counter((event["job_id"], event["type"]) for event in found.rows["event"]).items():
        if key[0] is not None and count > 1:
            yield f"job {key[0]} has {count} events {key[1]}"
    addressed = Counter((row["event_id"], row["endpoint_id"] or row["url"]) for row in found.rows["delivery"])
    for (event_id, address), count in addressed.items():
        if count > 1:
            yield f"event {event_id} has {count} deliveries to {address}"


def ids_are_of_events(found: Found, webhook_ids: Iterable[str]) -> Iterator[str]:
    known = {event["id"].hex for event in found.rows["event"]}
    for webhook_id in sorted(set(webhook_ids)):
        if webhook_id.rpartition("_")[2] not in known:
            yield f"a receiver saw {webhook_id}, which is of no event"


def faults_are_bounded(found: Found) -> Iterator[str]:
    for step in found.rows["step"]:
        name = f"step {step['kind']} {step['index']} of job {step['job_id']}"
        if step["attempts"] > MAX_ATTEMPTS or step["losses"] > MAX_LOSSES:
            yield f"{name} was tried {step['attempts']} times and lost {step['losses']} times"
        if step["state"] == "dead" and not step["error_code"]:
            yield f"{name} is dead without a reason"
    for job in found.rows["job"]:
        if job["state"] in ENDS and (job["state"] == "failed") != bool(job["error_code"]):
            yield f"job {job['id']} is {job['state']} with the reason {job['error_code']}"


def nothing_is_stuck(found: Found) -> Iterator[str]:
    for job_id, job in found.jobs.items():
        open_steps = [step["kind"] for step in found.of_job["step"].get(job_id, ()) if step["state"] in OPEN]
        if job["state"] not in OVER and not set(open_steps).difference(ADORNING):
            yield f"job {job_id} is {job['state']} and nothing is left to be done for it"
        if job["state"] in OVER and open_steps:
            yield f"job {job_id} is {job['state']} and {open_steps} are still open"


def erased_is_gone(found: Found) -> Iterator[str]:
    for job_id, job in found.jobs.items():
        if job["state"] != "erased":
            continue
        tables = [name for name in ("result", "segment_result") if found.of_job[name].get(job_id)]
        files = [path for path in found.files or () if path.startswith(f"jobs/{job_id.hex}/")]
        if tables or files:
            yield f"job {job_id} is erased and left {tables + files}"
