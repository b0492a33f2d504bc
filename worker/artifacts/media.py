"""Steps `annotated` and `playable`: an analyser encodes, and the worker writes down what it sends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.db.artifacts import packed_samples
from shared.db.engine import transaction
from shared.db.results import find_result, get_plan
from shared.db.steps import LeaseLost, lock_for_commit
from shared.domain.errors import AnalyserDied, MediaGone
from shared.domain.job import Job
from shared.domain.plan import Plan
from shared.domain.step import Claim, hard_limit_s
from shared.domain.video import Video
from shared.storage.port import Assembly
from worker.analyser import Analyser, WritePiece
from worker.artifacts.making import begin, making, publish
from worker.lease import LeaseKeeper
from worker.recording import Tools, load_job, media_request

ENCODER_THREADS = 2
MEDIA_TYPES = frozenset({"video/mp4", "video/webm"})
SPARE_BYTES = 64 * 1024 * 1024
BYTES_PER_S = 8_000_000  # 64 Mbit/s, above what the encoder may take for the largest picture


def perform_media(tools: Tools, claim: Claim, analyser: Analyser, lease: LeaseKeeper) -> None:
    """Raises MediaGone when the recording is deleted before or meanwhile."""
    begin(tools, claim)
    job, video = load_job(tools, claim)
    if video.state == "deleted":
        raise MediaGone
    plan, about, parts = _what_was_found(tools, claim, job)
    request = {"do": claim.key.kind, "plan": plan.to_dict(), **about, **media_request(tools, job, video)}
    with making(tools, claim) as assembly:
        answer = analyser.ask(
            request,
            _watching(lease, Path(request["path"])),
            parts,
            cpu_s=ENCODER_THREADS * hard_limit_s(claim.media_s),
            write_piece=_bounded(assembly, _limit_bytes(video, plan)),
        )
        publish(claim, lease, assembly, _media_type(answer.header))


def _what_was_found(tools: Tools, claim: Claim, job: Job) -> tuple[Plan, dict[str, Any], list[bytes]]:
    """The plan, and for a picture with boxes whose they are and the samples as they are stored."""
    with transaction(tools.sessions) as session:
        lock_for_commit(session, claim)  # of an erased job there is no plan
        plan, result = get_plan(session, job.id), find_result(session, job.id)
        if result is None:
            raise LeaseLost
        about = {"damaged": _is_damaged(result.summary)}
        if claim.key.kind == "playable":
            return plan, about, []
        only = result.primary_track if job.request.options.faces == "primary" else None
        whose = {"track_mapping": result.track_mapping, "primary": result.primary_track, "only": only}
        return plan, about | whose, packed_samples(session, job.id)


def _is_damaged(summary: dict[str, Any]) -> bool:
    """Whether a player might stop at what does not decode, if it were copied."""
    return "damaged" in summary["warnings"] or summary["coverage"]["unreadable"] > 0


def _watching(lease: LeaseKeeper, path: Path) -> Callable[[int], None]:
    """Keeps the lease for as long as the recording is there: an analyser has it open, and would not notice."""

    def beat(thousandths: int) -> None:
        lease(thousandths)
        if not path.exists():
            raise MediaGone

    return beat


def _limit_bytes(video: Video, plan: Plan) -> int:
    """More than any honest encoding takes, so that a broken or taken analyser cannot fill the disk."""
    return SPARE_BYTES + 2 * video.size_bytes + int(plan.facts.duration_s * BYTES_PER_S)


def _bounded(assembly: Assembly, limit_bytes: int) -> WritePiece:
    def write_piece(at: int, piece: bytes) -> None:
        if at + len(piece) > limit_bytes:
            raise AnalyserDied(f"The analyser was replaced: it wrote more than {limit_bytes} bytes.")
        assembly.write_at(at, piece)

    return write_piece


def _media_type(header: dict[str, Any]) -> str:
    """As an analyser says it, if it is one of those that may be."""
    if header.get("media_type") not in MEDIA_TYPES:
        raise AnalyserDied("The analyser made what is no recording.")
    return str(header["media_type"])
