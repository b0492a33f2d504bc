"""Looks after what nobody else will: lost hints, abandoned cancels, erased and expired media, orphan files."""

from __future__ import annotations

import signal
import threading

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.crash import crash_point
from shared.db.audit import write_down
from shared.db.claims import classes_waiting
from shared.db.deliveries import due_deliveries
from shared.db.engine import Sessions, create_db_engine, create_sessions, transaction
from shared.db.erasure import erase_job, expired_jobs, mark_purged, unpurged
from shared.db.idempotency import forget_old_keys
from shared.db.logins import forget_expired
from shared.db.steps import settle_abandoned_cancels
from shared.db.uploads import expire_uploads, keys_of_uploads
from shared.db.videos import due_for_deletion, known_storage_keys, mark_deleted
from shared.db.workers import forget_lost_workers
from shared.domain.audit import Deed
from shared.domain.errors import Unavailable
from shared.domain.ids import to_wire
from shared.domain.links import Links
from shared.log import configure_logging, get_logger
from shared.outbound.client import OutboundClient
from shared.queue import HintPublisher, create_celery
from shared.settings import Settings
from shared.storage.local import LocalStorage
from shared.storage.port import Storage, erase_files
from shared.webhooks.payload import PayloadPolicy
from worker.artifacts.tidy import tidy_artifacts
from worker.progress import ProgressTeller

SWEEP_LOCK = 0x7377656570  # "sweep": several may run, one acts
RESULT_RETENTION_DAYS = 365.0
ORPHAN_AGE_S = 3600.0  # longer than any upload pauses between two chunks

log = get_logger(__name__)


def run_sweep(settings: Settings) -> None:
    """Sweep until SIGTERM or Ctrl-C."""
    configure_logging(settings.log_format, "sweep")
    sessions = create_sessions(create_db_engine(settings.database_url, pool_size=2))
    storage = LocalStorage(settings.storage_dir)
    hints = HintPublisher(create_celery(settings.broker_url))
    teller = _progress_teller(settings, sessions)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    while not ended.is_set():
        try:
            if sweep_once(
                sessions,
                storage,
                hints,
                orphan_age_s=settings.orphan_age_s,
                result_retention_days=settings.result_retention_days,
            ):
                teller.tell()
        except Unavailable as error:
            log.warning("sweep_postponed", reason=error.detail)
        ended.wait(settings.sweep_s)
    teller.close()
    hints.close()


def _progress_teller(settings: Settings, sessions: Sessions) -> ProgressTeller:
    policy = PayloadPolicy(links=Links(settings.public_url), assessment_scores=settings.assessment_scores)
    return ProgressTeller(sessions=sessions, client=OutboundClient(settings.networks()), policy=policy)


def sweep_once(
    sessions: Sessions,
    storage: Storage,
    hints: HintPublisher,
    *,
    orphan_age_s: float = ORPHAN_AGE_S,
    result_retention_days: float = RESULT_RETENTION_DAYS,
) -> bool:
    """One round. False when another sweeper is at work."""
    with transaction(sessions) as session:
        if not session.scalar(select(func.pg_try_advisory_xact_lock(SWEEP_LOCK))):
            return False
        settle_abandoned_cancels(session)
        forget_expired(session)
        forget_old_keys(session)
        forget_lost_workers(session)
        expired = expire_uploads(session)
        due = due_for_deletion(session)
        for video in due:
            mark_deleted(session, video.id)
        remove_orphans(session, storage, orphan_age_s)
        waiting = set(classes_waiting(session))
        if due_deliveries(session):
            waiting.add("io")
    erase_expired(sessions, storage, result_retention_days)
    tidy_artifacts(sessions, storage, orphan_age_s)
    crash_point("sweep_marked")
    purge_erased(sessions, storage)
    for key in expired:
        storage.forget_partial(key)
    for video in due:  # after the commit: a file may outlive its row as an orphan, never the reverse
        storage.delete(video.storage_key)
        log.info("video_deleted", video_id=str(video.id))
    for step_class in waiting:
        hints.hint(step_class)
    return True


def erase_expired(sessions: Sessions, storage: Storage, result_retention_days: float) -> None:
    """Erase jobs that ended longer ago than results are kept, each in a transaction of its own."""
    with transaction(sessions) as session:
        expired = expired_jobs(session, result_retention_days)
    for workspace_id, job_id in expired:
        with transaction(sessions) as session:
            erasure = erase_job(session, workspace_id, job_id)
            target = to_wire("job", job_id)
            write_down(session, Deed(workspace_id=workspace_id, actor="sweep", action="job.expired", target=target))
        erase_files(storage, erasure.job_id, erasure.video_id)
        log.info("job_expired", job_id=str(job_id))


def purge_erased(sessions: Sessions, storage: Storage) -> None:
    """Remove the files of erased jobs again: one may have died over it, or have written after it."""
    with transaction(sessions) as session:
        erased = unpurged(session)
    for erasure in erased:
        erase_files(storage, erasure.job_id, erasure.video_id)
    with transaction(sessions) as session:
        mark_purged(session, erased)


def remove_orphans(session: Session, storage: Storage, age_s: float) -> None:
    """Files that no video claims: uploads that were cut, or accepted by a process that died before its commit."""
    keys = list(storage.old_video_keys(age_s))
    for key in sorted(set(keys) - known_storage_keys(session, keys) - keys_of_uploads(session, keys)):
        storage.delete(key)
        log.info("orphan_removed", key=key)
