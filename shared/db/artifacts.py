"""Artifacts: asked for, made by a step, read, and gone with the recording they are made of."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Row, Select, and_, func, select, tuple_, update
from sqlalchemy.orm import Session

from shared.db.jobs import get_job
from shared.db.steps import lock_for_commit, step_query
from shared.db.tables import ArtifactRow, JobRow, SegmentResultRow, StepRow, VideoRow
from shared.domain.artifact import (
    MEDIA_KINDS,
    SPOKEN_KINDS,
    Artifact,
    ArtifactFile,
    ArtifactKind,
    Language,
    state_of,
)
from shared.domain.errors import ArtifactFailed, Gone, MediaGone, NotFound, StateConflict
from shared.domain.ids import JobId, WorkspaceId
from shared.domain.step import Claim, StepKey, class_of_artifact

DOCUMENT_MEDIA_S = 600.0  # sizes the hard limit of what only puts together: the timeline of the longest recording
USUAL_PIXELS = 1920 * 1080
OVER = ("dead", "canceled")


def ask_artifact(
    session: Session, workspace_id: WorkspaceId, job_id: JobId, kind: ArtifactKind, language: Language
) -> Artifact:
    """The artifact, with a step that makes it unless it is there or under way.

    One that failed is tried anew, and one in another language is made again in its place.

    Raises:
        NotFound, Gone, StateConflict: There is no such job, it was erased, it has no result.
        MediaGone: It would be made of a recording that is not kept.
    """
    job = _job_with_result(session, workspace_id, job_id, lock=True)
    if kind in MEDIA_KINDS:
        _require_recording(session, job, lock=True)
    spoken = language if kind in SPOKEN_KINDS else None
    row = session.get(ArtifactRow, (job.id, kind))
    step = session.scalar(step_query(_key(job_id, kind)).with_for_update())
    if row is None or step is None or step.state in OVER or row.language != spoken:
        _note_wish(session, job, kind, spoken)
        _begin(session, job, kind, step)
        session.flush()
    return _to_artifact(session.execute(_with_step(job_id, kind)).one())


def list_artifacts(session: Session, workspace_id: WorkspaceId, job_id: JobId) -> list[Artifact]:
    """Those that were asked for. Raises NotFound, or Gone for an erased job."""
    if get_job(session, workspace_id, job_id).state == "erased":
        raise Gone("the job was erased")
    return [_to_artifact(row) for row in session.execute(_with_step(job_id).order_by(ArtifactRow.created_at))]


def get_artifact(session: Session, workspace_id: WorkspaceId, job_id: JobId, kind: ArtifactKind) -> Artifact:
    """One that is there or under way.

    Raises:
        NotFound: There is no such job, or nobody asked for it.
        Gone, StateConflict: The job was erased, or has no result.
        MediaGone: The recording it is made of is deleted, and it with it.
        ArtifactFailed: It could not be made.
    """
    job = _job_with_result(session, workspace_id, job_id)
    found = session.execute(_with_step(job_id, kind)).first()
    if found is None:
        raise NotFound("nobody asked for this artifact yet; ask with POST …/artifacts")
    artifact = _to_artifact(found)
    if kind in MEDIA_KINDS:
        _require_recording(session, job)
    if artifact.state == "failed":
        raise ArtifactFailed(
            f"it could not be made ({artifact.error_code}): {artifact.error_detail} Ask again to retry."
        )
    return artifact


def commit_artifact(session: Session, claim: Claim, file: ArtifactFile) -> None:
    """The file lies in the storage, or will before this commits. Raises LeaseLost, or MediaGone."""
    job, step = lock_for_commit(session, claim)
    if claim.key.kind in MEDIA_KINDS:
        _require_recording(session, job, lock=True)
    row = session.get_one(ArtifactRow, (job.id, claim.key.kind))
    row.media_type, row.size_bytes, row.sha256 = file.media_type, file.size_bytes, file.sha256
    step.state, step.leased_until = "done", None
    session.flush()


def wished_language(session: Session, claim: Claim) -> Language:
    """In which language the bearer of a step shall write."""
    language = session.get_one(ArtifactRow, (claim.key.job_id, claim.key.kind)).language
    return language or "en"  # type: ignore[return-value]


def packed_samples(session: Session, job_id: JobId) -> list[bytes]:
    """The samples of all segments in order, as they are stored."""
    rows = select(SegmentResultRow.samples).where(SegmentResultRow.job_id == job_id).order_by(SegmentResultRow.index)
    return list(session.scalars(rows))


def made_of_deleted(session: Session, limit: int = 100) -> list[tuple[JobId, ArtifactKind]]:
    """Artifacts whose recording is deleted while their files may be there."""
    media = and_(ArtifactRow.kind.in_(sorted(MEDIA_KINDS)), ArtifactRow.sha256.is_not(None))
    query = select(ArtifactRow.job_id, ArtifactRow.kind).join(JobRow, JobRow.id == ArtifactRow.job_id)
    gone = query.join(VideoRow, VideoRow.id == JobRow.video_id).where(media, VideoRow.state == "deleted").limit(limit)
    return [(JobId(job_id), kind) for job_id, kind in session.execute(gone)]  # type: ignore[misc]


def forget_files(session: Session, which: Sequence[tuple[JobId, ArtifactKind]]) -> None:
    """Those files are removed."""
    named = tuple_(ArtifactRow.job_id, ArtifactRow.kind).in_(which)
    session.execute(update(ArtifactRow).where(named).values(sha256=None, size_bytes=None, media_type=None))


def _job_with_result(session: Session, workspace_id: WorkspaceId, job_id: JobId, *, lock: bool = False) -> JobRow:
    query = select(JobRow).where(JobRow.id == job_id, JobRow.workspace_id == workspace_id)
    job = session.scalar(query.with_for_update() if lock else query)
    if job is None:
        raise NotFound("there is no such job")
    if job.state == "erased":
        raise Gone("the job was erased")
    if job.state != "succeeded":
        raise StateConflict(f"the job is {job.state}" + (f" ({job.error_code})" if job.error_code else ""))
    return job


def _require_recording(session: Session, job: JobRow, *, lock: bool = False) -> None:
    """Raises MediaGone. Under a lock nobody deletes the recording before this transaction ends."""
    query = select(VideoRow.state).where(VideoRow.id == job.video_id)
    state = session.scalar(query.with_for_update(read=True) if lock else query)
    if state == "deleted" or not job.options["keep_video"]:
        raise MediaGone("it is made of the recording, which is not kept any more")


def _key(job_id: JobId, kind: ArtifactKind) -> StepKey:
    return StepKey(job_id=job_id, kind=kind, index=0)


def _note_wish(session: Session, job: JobRow, kind: ArtifactKind, language: Language | None) -> None:
    row = session.get(ArtifactRow, (job.id, kind))
    if row is None:
        session.add(ArtifactRow(job_id=job.id, kind=kind, workspace_id=job.workspace_id, language=language))
        return
    row.language, row.created_at = language, func.now()
    row.media_type = row.size_bytes = row.sha256 = None


def _begin(session: Session, job: JobRow, kind: ArtifactKind, step: StepRow | None) -> None:
    """A step from the beginning. One that is borne is taken from its bearer, whose token is an old one then."""
    if step is None:
        session.add(
            StepRow(
                job_id=job.id,
                kind=kind,
                index=0,
                workspace_id=job.workspace_id,
                device=class_of_artifact(kind),
                priority=job.priority,
                state="ready",
                media_s=_media_s(job, kind),
            )
        )
        return
    step.state, step.leased_until, step.lease_token = "ready", None, step.lease_token + 1
    step.attempts = step.losses = step.samples_done = 0
    step.not_before, step.error_code, step.error_detail = func.now(), None, None


def _media_s(job: JobRow, kind: ArtifactKind) -> float:
    """Sizes the hard limit: two minutes, and ten times the recording; more where each picture takes longer."""
    if kind not in MEDIA_KINDS:
        return DOCUMENT_MEDIA_S
    facts = (job.plan or {})["facts"]
    return float(facts["duration_s"] * max(1.0, facts["width"] * facts["height"] / USUAL_PIXELS))


def _with_step(job_id: JobId, kind: ArtifactKind | None = None) -> Select[ArtifactRow, StepRow]:
    same = and_(StepRow.job_id == ArtifactRow.job_id, StepRow.kind == ArtifactRow.kind, StepRow.index == 0)
    query = select(ArtifactRow, StepRow).join(StepRow, same).where(ArtifactRow.job_id == job_id)
    return query if kind is None else query.where(ArtifactRow.kind == kind)


def _to_artifact(found: Row[ArtifactRow, StepRow]) -> Artifact:
    row, step = found
    file = None
    if row.media_type is not None and row.size_bytes is not None and row.sha256 is not None:
        file = ArtifactFile(media_type=row.media_type, size_bytes=row.size_bytes, sha256=row.sha256)
    return Artifact(
        job_id=JobId(row.job_id),
        kind=row.kind,  # type: ignore[arg-type]
        language=row.language,  # type: ignore[arg-type]
        state=state_of(step.state),  # type: ignore[arg-type]
        thousandths=step.samples_done,
        file=file,
        error_code=step.error_code,
        error_detail=step.error_detail,
        created_at=row.created_at,
    )
