"""I4, I6 and I7: what results, segments and files hold."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from shared.domain.options import Options
from shared.domain.plan import Plan
from shared.domain.samples import unpack_samples
from tests.chaos.found import Found, Row, is_done
from worker.pipeline.run import summarise


def results_equal_their_segments(found: Found) -> Iterator[str]:
    samples = found.of_job["segment_result"]
    for result in found.rows["result"]:
        job = found.jobs[result["job_id"]]
        again = _summarise(found, job, samples.get(job["id"], ()))
        stored = {key: value for key, value in result["summary"].items() if key != "provenance"}
        if again != (stored, result["track_mapping"], result["primary_track"]):
            yield f"job {job['id']}: its result is not what its segments give"


def _summarise(found: Found, job: Row, packed: Sequence[Row]) -> tuple[Any, Any, int | None]:
    planned = [step["planned"] for step in found.steps(job["id"], "segment")]
    samples = {row["index"]: unpack_samples(row["samples"]) for row in packed}
    summary = summarise(Plan.of({**job["plan"], "segments": planned}), samples, Options(**job["options"]))
    return _as_json(summary.to_dict()), _as_json(summary.track_mapping), summary.primary_track


def _as_json(data: Any) -> Any:
    return json.loads(json.dumps(data))


def segments_tile(found: Found) -> Iterator[str]:
    written = found.of_job["segment_result"]
    for job_id, job in found.jobs.items():
        segments = found.steps(job_id, "segment")
        if not segments or job["state"] == "erased":
            continue
        owned = [_owned(step["planned"]) for step in segments]
        numbers = [number for part in owned for number in part]
        if numbers != list(range(job["samples_total"])) or [s["index"] for s in segments] != list(range(len(owned))):
            yield f"job {job_id}: its segments own {numbers} of {job['samples_total']} samples"
        for row in written.get(job_id, ()):
            stored = [sample.number for sample in unpack_samples(row["samples"])]
            if row["index"] >= len(owned) or stored != list(owned[row["index"]]):
                yield f"job {job_id}: the samples {stored} lie under segment {row['index']}"


def _owned(planned: dict[str, Any]) -> range:
    first = planned["first_sample"]
    return range(first, first + len(planned["frame_pts"]))


def recordings_match_rows(found: Found) -> Iterator[str]:
    if found.files is None:
        return
    rows = {row["storage_key"]: row["size_bytes"] for row in found.rows["video"] if row["state"] == "stored"}
    files = {path: size for path, size in found.files.items() if path.startswith("videos/")}
    for key in sorted(rows.keys() | files.keys()):
        if rows.get(key) != files.get(key):
            yield f"{key} has {files.get(key)} bytes, and its row says {rows.get(key)}"


def pictures_match_steps(found: Found) -> Iterator[str]:
    if found.files is None:
        return
    files = {path for path in found.files if path.startswith("jobs/")}
    for step in found.rows["step"]:
        if step["kind"] != "thumbnails":
            continue
        prefix = f"jobs/{step['job_id'].hex}/moments/"
        due = {f"{prefix}{picture['number']}.jpg" for picture in step["planned"]["pictures"]}
        there = {path for path in files if path.startswith(prefix)}
        files -= due
        if is_done(step) and found.jobs[step["job_id"]]["state"] != "erased" and due - there:
            yield f"job {step['job_id']} lacks the pictures {sorted(due - there)}"
    for path in sorted(files):
        yield f"{path} is of no job"
