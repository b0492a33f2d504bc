"""How an artifact's file comes to be: unseen while it is made, published with the commit, and else gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from shared.crash import crash_point
from shared.db.artifacts import commit_artifact
from shared.db.engine import transaction
from shared.db.steps import lock_for_commit
from shared.domain.artifact import WHOLE, ArtifactFile
from shared.domain.step import Claim
from shared.storage.port import Assembly, artifact_key, making_key
from worker.lease import LeaseKeeper
from worker.recording import Tools

PIECES_PER_BEAT = 256  # of a megabyte each, as hashing reads them: a fraction of a second


def begin(tools: Tools, claim: Claim) -> None:
    """Remove what a bearer published that died before its commit. Raises LeaseLost."""
    with transaction(tools.sessions) as session:
        lock_for_commit(session, claim)
        tools.storage.delete(artifact_key(claim.key.job_id, claim.key.kind))


@contextmanager
def making(tools: Tools, claim: Claim) -> Iterator[Assembly]:
    """A file of this bearer's own; what is not published in the end is removed."""
    job_id, kind = claim.key.job_id, claim.key.kind
    assembly = tools.storage.assemble(artifact_key(job_id, kind), making_key(job_id, kind, claim.token))
    try:
        yield assembly
    finally:
        assembly.abort()


def publish(claim: Claim, lease: LeaseKeeper, assembly: Assembly, media_type: str) -> None:
    """Make the file durable, then visible in the moment in which the rows are locked and still ours.

    Raises:
        LeaseLost, MediaGone, StorageFull
    """
    stored = assembly.finish(_paced(lease))
    file = ArtifactFile(media_type=media_type, size_bytes=stored.size_bytes, sha256=stored.sha256)
    crash_point("artifact_stored")

    def write(session: Session) -> None:
        commit_artifact(session, claim, file)
        assembly.publish()

    lease.commit(write)


def _paced(lease: LeaseKeeper) -> Callable[[], None]:
    """Tells the lease of some pieces only: there are a thousand in a gigabyte."""
    pieces = 0

    def beat() -> None:
        nonlocal pieces
        pieces += 1
        if pieces % PIECES_PER_BEAT == 0:
            lease(WHOLE)

    return beat
