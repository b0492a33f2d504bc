"""What a document is made of, read as one picture of the job and piece by piece where it is long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shared.db.artifacts import wished_language
from shared.db.engine import transaction
from shared.db.jobs import get_jobs
from shared.db.results import Result, find_result, get_segment_samples
from shared.db.steps import LeaseLost, lock_for_commit
from shared.db.videos import video_of_job
from shared.domain.artifact import Language
from shared.domain.ids import to_wire
from shared.domain.job import Job
from shared.domain.samples import Sample
from shared.domain.step import Claim
from shared.domain.timeline import join_tracks, only_primary
from shared.domain.video import Video
from shared.storage.port import moment_key
from worker.recording import Tools


@dataclass(frozen=True, kw_only=True, slots=True)
class Material:
    tools: Tools
    job: Job
    video: Video
    result: Result
    language: Language

    @property
    def job_id(self) -> str:
        return to_wire("job", self.job.id)

    @property
    def summary(self) -> dict[str, Any]:
        return self.result.summary

    def samples(self) -> Iterator[Sample]:
        """All of them, with the tracks of the whole recording; one segment is held at a time."""
        index = 0
        while (stored := self._segment(index)) is not None:
            joined = next(join_tracks({index: stored}, self.result.track_mapping))
            primary_only = self.job.request.options.faces == "primary"
            yield from only_primary(joined, self.result.primary_track) if primary_only else joined
            index += 1

    def picture(self, number: int) -> bytes | None:
        """Of a moment; None where none was made."""
        return self.tools.storage.get(moment_key(self.job.id, number))

    def _segment(self, index: int) -> list[Sample] | None:
        with transaction(self.tools.sessions) as session:
            return get_segment_samples(session, self.job.id, index)


def gather(tools: Tools, claim: Claim) -> Material:
    """Raises LeaseLost, also when the job was erased."""
    with transaction(tools.sessions) as session:
        lock_for_commit(session, claim)
        result = find_result(session, claim.key.job_id)
        if result is None:
            raise LeaseLost
        return Material(
            tools=tools,
            job=get_jobs(session, [claim.key.job_id])[0],
            video=video_of_job(session, claim.key.job_id),
            result=result,
            language=wished_language(session, claim),
        )
