"""Ways to spoil the database after one job that went well: what was done, which invariant it breaks, and how."""

from __future__ import annotations

_FORGET_ENDS = "DROP TRIGGER keep_terminal_state ON job"
_EVENT = "INSERT INTO event (id, workspace_id, job_id, type) SELECT uuidv7(), workspace_id"
_DELIVERY = "INSERT INTO delivery (id, workspace_id, event_id, url, target, state) SELECT uuidv7(), workspace_id, id"
_JOB = "workspace_id, video_id, options, purpose, reference, metadata, priority"
_KEY = "INSERT INTO idempotency_key (workspace_id, key, operation, fingerprint, made_id)"
_PLANNED = "UPDATE step SET planned = jsonb_set(planned, {}, {}) WHERE kind = 'segment' AND index = {}"

SABOTAGE: dict[str, tuple[str, tuple[str, ...]]] = {
    "an accepted job is lost": (
        "I1",
        tuple(f"DELETE FROM {table}" for table in ("delivery", "event", "result", "segment_result", "step", "job")),
    ),
    "a job never ends": ("I1", (_FORGET_ENDS, "UPDATE job SET state = 'running', finished_at = NULL")),
    "a job ended otherwise than was told": ("I2", ("UPDATE event SET type = 'job.failed'",)),
    "two ends were told": ("I2", (f"{_EVENT}, id, 'job.failed' FROM job",)),
    "nothing was told of an end": ("I2", ("DELETE FROM event",)),
    "an end has no time": ("I2", ("UPDATE job SET finished_at = NULL",)),
    "an end was taken back": (
        "I2",
        (
            _FORGET_ENDS,
            "UPDATE job SET state = 'failed', error_code = 'timeout'",
            "UPDATE event SET type = 'job.failed'",
            "DELETE FROM result",
        ),
    ),
    "a segment was written under another lease": ("I3", ("UPDATE segment_result SET token = 7 WHERE index = 1",)),
    "a segment has no result": ("I3", ("DELETE FROM segment_result WHERE index = 0",)),
    "a segment has two results": (
        "I3",
        (
            "ALTER TABLE segment_result DROP CONSTRAINT pk_segment_result",
            "INSERT INTO segment_result SELECT * FROM segment_result WHERE index = 0",
        ),
    ),
    "a job succeeded without a segment": ("I3", ("UPDATE step SET state = 'canceled' WHERE index = 1",)),
    "a job succeeded without a result": ("I3", ("DELETE FROM result",)),
    "a job failed and has a result": ("I3", (_FORGET_ENDS, "UPDATE job SET state = 'failed'")),
    "a result is not of its segments": (
        "I4",
        ("UPDATE result SET summary = jsonb_set(summary, '{coverage,samples}', '1')",),
    ),
    "a result names another face": ("I4", ("UPDATE result SET primary_track = 5",)),
    "a result cannot be computed again": ("I4", ("UPDATE step SET planned = NULL WHERE kind = 'segment'",)),
    "an event was made twice": ("I5", ("DROP INDEX uq_event_job_id_type", f"{_EVENT}, job_id, type FROM event")),
    "an event is delivered twice to one address": (
        "I5",
        (f"{_DELIVERY}, 'https://one.test', 'one.test', 'delivered' FROM event, generate_series(1, 2)",),
    ),
    "a sample is missing": ("I6", (_PLANNED.format("'{frame_pts}'", "'[0, 1]'", 0),)),
    "a sample is owned twice": ("I6", (_PLANNED.format("'{first_sample}'", "'2'", 1),)),
    "the samples of two segments were mixed up": (
        "I6",
        ("UPDATE segment_result SET samples = (SELECT samples FROM segment_result WHERE index = 0) WHERE index = 1",),
    ),
    "the row of a recording is gone": ("I7", ("UPDATE video SET state = 'deleted'",)),
    "a step was tried too often": ("I8", ("UPDATE step SET attempts = 4 WHERE kind = 'plan'",)),
    "a step was lost too often": ("I8", ("UPDATE step SET losses = 11 WHERE kind = 'plan'",)),
    "a step is dead for no reason": ("I8", ("UPDATE step SET state = 'dead' WHERE kind = 'thumbnails'",)),
    "a job succeeded with an error": ("I8", ("UPDATE job SET error_code = 'timeout'",)),
    "a job waits for nothing": ("I8", (_FORGET_ENDS, "UPDATE job SET state = 'canceling', finished_at = NULL")),
    "work is left of a job that is over": ("I8", ("UPDATE step SET state = 'ready' WHERE kind = 'thumbnails'",)),
    "one key made two jobs": (
        "I9",
        (f"INSERT INTO job (id, state, {_JOB}) SELECT uuidv7(), 'queued', {_JOB} FROM job",),
    ),
    "a key stands for another job": (
        "I9",
        (f"{_KEY} SELECT workspace_id, 'key-1', 'submit', '', uuidv7() FROM job",),
    ),
    "another recording was analysed": ("I9", ("UPDATE video SET sha256 = 'another'",)),
    "an erased job left its result": ("I10", ("UPDATE job SET state = 'erased'",)),
}
