"""What came out of a job: summary, timeline, pictures, artifacts, and the recording itself."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

from mien.core import Core, each_of, get, id_of, pages, path_to, post
from mien.decode import decode
from mien.errors import NotYet, Problem, UnexpectedAnswer, Unreachable
from mien.operations.following import JobRef
from mien.operations.saving import Saving
from mien.operations.uploading import File
from mien.recordings import Video
from mien.results import Artifact, Result, Sample
from mien.retry import Streak
from mien.wire import Do, Flow, Give, Json, Op, Pause, Progress, Read, Reply, Request

ARTIFACT_POLL_S = 1.0
TEXT = {"csv": "text/csv", "ndjson": "application/x-ndjson"}
AS_IT_IS = {"Accept-Encoding": "identity"}  # ranges count the bytes of the file

VideoRef = Video | str


def result(core: Core, job: JobRef) -> Op[Result]:
    """The summary. Raises Conflict while the job goes on, or when it has no result."""
    return (yield from get(core, Result, path_to("jobs", id_of(job), "result")))


def timeline(core: Core, job: JobRef) -> Flow[Sample]:
    """Every sample, read as it is iterated."""
    lines = _Lines()
    return (yield from each_of(timeline_text(core, job, "ndjson"), lambda data: map(_sample, lines.feed(data))))


def timeline_text(core: Core, job: JobRef, form: Literal["csv", "ndjson"]) -> Flow[bytes]:
    """Every sample as text, in pieces of any size: one face per line as CSV, or one sample per line as JSON."""
    streak, given = core.streak(), 0
    request = Request("GET", path_to("jobs", id_of(job), "timeline"), headers={"Accept": TEXT[form]})
    while True:
        yield from core.open(request, streak=streak)
        at = 0
        try:
            while data := (yield Read()):
                new = data[max(0, given - at) :]  # after a cut it begins anew, and is the same
                at += len(data)
                if new:
                    streak.forget()
                    given = at
                    yield Give(new)
            return
        except Unreachable as cut:
            pause_s = streak.pause_s(cut)
        yield Pause(pause_s)


def moment_picture(core: Core, job: JobRef, number: int) -> Op[bytes]:
    """The frame of a moment as JPEG. Raises NotFound until it is made, shortly after the result."""
    reply = yield from core.call(Request("GET", path_to("jobs", id_of(job), "moments", f"{number}.jpg")))
    return reply.body


def artifact(
    core: Core,
    job: JobRef,
    kind: str,
    path: File,
    *,
    language: str | None = None,
    timeout_s: float | None = None,
    progress: Progress | None = None,
    making: Callable[[Artifact], None] | None = None,
) -> Op[Path]:
    """Have something made of a job, wait until it is, and save it; gives the path.

    Args:
        kind: `annotated`, `playable`, `report` or `archive`.
        path: A file, which appears when it is whole, or a folder in which to save it as `<job>-<kind>.<ending>`.
        language: Of a report or an archive, such as `ko`.
        timeout_s: Raises NotYet when it is not made after this time; None: however long it takes.
        progress: Told how many bytes are saved, and of how many.
        making: Told how far it is while it is being made.

    Raises:
        Conflict: It could not be made.
        Gone: What it is made of was deleted.
    """
    yield from request_artifact(core, job, kind, language=language)
    streak, deadline_s = core.streak(), math.inf if timeout_s is None else core.retry.clock() + timeout_s
    source = path_to("jobs", id_of(job), "artifacts", kind)
    saving = Saving(Path(path), f"{id_of(job)}-{kind}")
    while True:
        reply = yield from _save(core, source, saving, streak, progress)
        if reply.status != 202:
            return saving.path
        if making:
            making(decode(Artifact, reply.json()))
        if core.retry.clock() + ARTIFACT_POLL_S > deadline_s:
            raise NotYet(f"the {kind} of {id_of(job)} is not made yet")
        yield Pause(ARTIFACT_POLL_S)


def request_artifact(core: Core, job: JobRef, kind: str, *, language: str | None = None) -> Op[Artifact]:
    """Have something made of a job, without waiting for it."""
    body = {"kind": kind} if language is None else {"kind": kind, "language": language}
    return (yield from post(core, Artifact, path_to("jobs", id_of(job), "artifacts"), body))


def artifacts(core: Core, job: JobRef) -> Flow[Artifact]:
    """What was asked for of a job, and how far each is."""
    return (yield from pages(core, Artifact, path_to("jobs", id_of(job), "artifacts")))


def videos(core: Core) -> Flow[Video]:
    """Stored recordings, newest first."""
    return (yield from pages(core, Video, path_to("videos")))


def video(core: Core, video: VideoRef) -> Op[Video]:
    """What is known of a recording."""
    return (yield from get(core, Video, path_to("videos", id_of(video))))


def save_video(core: Core, video: VideoRef, path: File, *, progress: Progress | None = None) -> Op[Path]:
    """Save a recording, in a file or under its id in a folder."""
    saving = Saving(Path(path), id_of(video))
    yield from _save(core, path_to("videos", id_of(video), "content"), saving, core.streak(), progress)
    return saving.path


def erase_video(core: Core, video: VideoRef) -> Op[Json]:
    """Erase a recording. Raises Conflict while a job needs it."""
    reply = yield from core.call(Request("DELETE", path_to("videos", id_of(video))))
    return reply.json() if reply.body else {}


def _save(core: Core, source: str, saving: Saving, streak: Streak, progress: Progress | None) -> Op[Reply]:
    """Fetch into a file, going on where a cut was. Gives the last answer; one with 202 has saved nothing."""
    while True:
        headers = {**AS_IT_IS, **(yield Do(saving.range_headers))}
        try:
            reply = yield from core.open(Request("GET", source, headers=headers), streak=streak)
        except Problem as error:
            if error.status != 416:
                raise
            yield Do(saving.forget)  # what was kept is of another file
            continue
        if reply.status == 202:
            return reply
        try:
            yield Do(partial(saving.begin, reply))
            while data := (yield Read()):
                yield Do(partial(saving.write, data))
                streak.forget()
                if progress:
                    progress(saving.size_bytes, saving.total_bytes)
            yield Do(saving.finish)
            return reply
        except Unreachable as cut:
            pause_s = streak.pause_s(cut)
        finally:
            saving.close()
        yield Pause(pause_s)


class _Lines:
    """Whole lines of what comes in pieces."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        return lines


def _sample(line: bytes) -> Sample:
    try:
        return decode(Sample, json.loads(line))
    except ValueError as error:
        raise UnexpectedAnswer("a line of the timeline is no JSON") from error
