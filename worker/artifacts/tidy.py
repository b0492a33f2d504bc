"""Removes the files of artifacts that nobody makes any more, or that are gone with their recording."""

from __future__ import annotations

from shared.db.artifacts import forget_files, made_of_deleted
from shared.db.engine import Sessions, transaction
from shared.log import get_logger
from shared.storage.port import Storage, artifact_key

log = get_logger(__name__)


def tidy_artifacts(sessions: Sessions, storage: Storage, age_s: float) -> None:
    """Files first and rows after: whoever dies between leaves rows, which the next sweep looks at again.

    Args:
        age_s: How long nobody may have written to an unfinished file.
    """
    for key in list(storage.old_unfinished_keys(age_s)):
        storage.delete(key)
        log.info("orphan_removed", key=key)
    with transaction(sessions) as session:
        gone = made_of_deleted(session)
    for job_id, kind in gone:
        storage.delete(artifact_key(job_id, kind))
        log.info("artifact_deleted", job_id=str(job_id), kind=kind)
    if gone:
        with transaction(sessions) as session:
            forget_files(session, gone)
