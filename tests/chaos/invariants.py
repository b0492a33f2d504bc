"""The invariants I1 to I10 of the reliability contract, judged from outside once all work is done.

Nothing of ours is asked: rows are read by plain SQL, files by their paths, and
submissions from the client's own journal. Only I4 computes with the pipeline,
because it says that a result equals what the pipeline makes of its segments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.chaos import contents, states, submissions
from tests.chaos.found import Found, look
from tests.chaos.journal import Journal


@dataclass(frozen=True, slots=True)
class Violation:
    invariant: str
    what: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.what}"


JUDGES: tuple[tuple[str, Callable[[Found], Iterator[str]]], ...] = (
    ("I1", states.jobs_are_over),
    ("I2", states.ends_are_single),
    ("I3", states.segments_have_one_result),
    ("I3", states.succeeded_jobs_are_whole),
    ("I5", states.events_are_single),
    ("I6", contents.segments_tile),
    ("I7", contents.recordings_match_rows),
    ("I7", contents.pictures_match_steps),
    ("I8", states.faults_are_bounded),
    ("I8", states.nothing_is_stuck),
    ("I10", states.erased_is_gone),
)
OF_SUBMISSIONS: tuple[tuple[str, Callable[[Found, Journal], Iterator[str]]], ...] = (
    ("I1", submissions.acknowledged_jobs_are_there),
    ("I2", submissions.seen_ends_stand),
    ("I9", submissions.keys_have_one_job),
    ("I9", submissions.jobs_are_of_one_submission),
)


def check(
    database_url: str,
    storage_dir: Path | None = None,
    journal: Journal | None = None,
    *,
    recompute: bool = True,
    webhook_ids: Iterable[str] = (),
) -> list[Violation]:
    """Every violation. Call it when nothing works any more and a sweep has been by.

    Args:
        database_url: Reached directly, past all faults.
        storage_dir: Where the files are; None leaves files out.
        journal: What the client sent and saw; None leaves submissions out.
        recompute: Whether to make each result again from its segments (I4).
        webhook_ids: What receivers found in the header `webhook-id`.
    """
    found = look(database_url, storage_dir)
    judgements = [(name, judge(found)) for name, judge in JUDGES]
    judgements.append(("I5", states.ids_are_of_events(found, webhook_ids)))
    if recompute:
        judgements.append(("I4", contents.results_equal_their_segments(found)))
    if journal is not None:
        judgements += [(name, judge(found, journal)) for name, judge in OF_SUBMISSIONS]
    return [violation for name, findings in judgements for violation in _violations(name, findings)]


def _violations(invariant: str, findings: Iterator[str]) -> Iterator[Violation]:
    try:
        for what in findings:
            yield Violation(invariant, what)
    except Exception as error:  # noqa: BLE001, what cannot even be judged is not as it should be
        yield Violation(invariant, f"what was found cannot be judged: {error!r}")
