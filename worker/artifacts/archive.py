"""Step `archive`: everything there is to know about a job, in one ZIP file."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from shared.domain.artifact import WHOLE
from shared.domain.ids import to_wire
from shared.domain.step import Claim
from shared.domain.timeline import CSV_COLUMNS, csv_rows, sample_json
from shared.storage.port import Assembly
from worker.artifacts.making import begin, making, publish
from worker.artifacts.material import Material, gather
from worker.artifacts.page.document import report_pieces
from worker.artifacts.readme import readme
from worker.lease import LeaseKeeper
from worker.recording import Tools

MEDIA_TYPE = "application/zip"
LINES_PER_PIECE = 500
OLDEST = (1980, 1, 1, 0, 0, 0)  # the first date that ZIP knows
READABLE = 0o644 << 16  # permissions, where Unix keeps them


def perform_archive(tools: Tools, claim: Claim, lease: LeaseKeeper) -> None:
    """Written as it is read, one segment and one picture at a time."""
    begin(tools, claim)
    material = gather(tools, claim)
    members = list(_members(material))
    with making(tools, claim) as assembly:
        with zipfile.ZipFile(_Stream(assembly), "w", zipfile.ZIP_DEFLATED) as archive:
            for done, (name, pieces) in enumerate(members):
                lease(WHOLE * done // len(members))
                _write(archive, material, name, pieces, lease, WHOLE * done // len(members))
        publish(claim, lease, assembly, MEDIA_TYPE)


def _members(material: Material) -> Iterator[tuple[str, Iterable[bytes]]]:
    """What goes in, under which name, each read only when its turn comes."""
    yield "README.txt", [readme(material).encode()]
    yield "job.json", _json(job_json(material))
    yield "result.json", _json(result_json(material))
    yield "report.html", (piece.encode() for piece in report_pieces(material))
    yield "timeline.csv", _lines(_csv(material))
    yield "timeline.ndjson", _lines(_ndjson(material))
    for number in range(len(material.summary["moments"])):
        yield f"moments/{number}.jpg", _picture(material, number)


def _write(
    archive: zipfile.ZipFile,
    material: Material,
    name: str,
    pieces: Iterable[bytes],
    lease: LeaseKeeper,
    thousandths: int,
) -> None:
    """Nothing at all where there is nothing to write, as for a picture that was not made."""
    pieces = iter(pieces)
    first = next(pieces, None)
    if first is None:
        return
    with archive.open(_about(material, name), "w", force_zip64=True) as member:
        member.write(first)
        for piece in pieces:
            member.write(piece)
            lease(thousandths)


def _about(material: Material, name: str) -> zipfile.ZipInfo:
    ended = material.job.finished_at
    about = zipfile.ZipInfo(name, ended.timetuple()[:6] if ended else OLDEST)
    about.compress_type = zipfile.ZIP_STORED if name.endswith(".jpg") else zipfile.ZIP_DEFLATED
    about.external_attr = READABLE
    return about


def result_json(material: Material) -> dict[str, Any]:
    """As the API gives it, with pictures that lead into the archive."""
    summary = material.summary
    moments = [
        {**moment, "thumbnail": f"moments/{number}.jpg" if material.picture(number) else None}
        for number, moment in enumerate(summary["moments"])
    ]
    about = {"job_id": material.job_id, "state": material.job.state, "quality": None}
    return {**about, **summary, "moments": moments}


def job_json(material: Material) -> dict[str, Any]:
    """What was asked for, and of which recording."""
    job, video = material.job, material.video
    return {
        "id": material.job_id,
        "state": job.state,
        "reference": job.request.reference,
        "metadata": job.request.metadata,
        "purpose": job.request.purpose,
        "consent_reference": job.request.consent_reference,
        "options": job.request.options.to_dict(),
        "created_at": _iso(job.created_at),
        "started_at": _iso(job.started_at),
        "finished_at": _iso(job.finished_at),
        "video": {
            "id": to_wire("vid", video.id),
            "name": video.original_name,
            "size_bytes": video.size_bytes,
            "sha256": video.sha256,
        },
    }


def _iso(at: Any) -> str | None:
    return at.isoformat() if at else None


def _json(content: dict[str, Any]) -> list[bytes]:
    return [json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n"]


def _csv(material: Material) -> Iterator[str]:
    yield ",".join(CSV_COLUMNS)
    for row in csv_rows(material.samples(), material.result.primary_track):
        yield ",".join(map(str, row))  # numbers and labels: nothing to quote


def _ndjson(material: Material) -> Iterator[str]:
    for sample in material.samples():
        yield json.dumps(sample_json(sample, material.result.primary_track), separators=(",", ":"))


def _lines(lines: Iterator[str]) -> Iterator[bytes]:
    while piece := list(islice(lines, LINES_PER_PIECE)):
        yield ("\n".join(piece) + "\n").encode()


def _picture(material: Material, number: int) -> Iterator[bytes]:
    picture = material.picture(number)
    if picture is not None:
        yield picture


class _Stream(io.RawIOBase):
    """A file that can only be appended to, so that nothing written is held or read again."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly

    def writable(self) -> bool:
        return True

    def write(self, chunk: Any) -> int:
        return self._assembly.write(bytes(chunk))
