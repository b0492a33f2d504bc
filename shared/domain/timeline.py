"""The timeline as it is read: stored samples with the tracks of the whole recording, as rows and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.domain.emotions import EMOTIONS
from shared.domain.samples import Face, Sample

TIME_DIGITS = 6  # microseconds, as container time bases have them
PROBABILITY_DIGITS = 6  # what float32 holds
CSV_COLUMNS = ("t_s", "sample", "track", "primary", "x", "y", "width", "height", *EMOTIONS, "dominant")

TrackMapping = Mapping[str, Mapping[str, int]]
"""Segment index → local track id → track id of the whole recording, both as JSON keys."""


def join_tracks(samples_by_segment: Mapping[int, Sequence[Sample]], mapping: TrackMapping) -> Iterator[list[Sample]]:
    """Segments in order, with track ids that hold across borders; what is stored is not changed."""
    for index in sorted(samples_by_segment):
        own = mapping.get(str(index), {})
        stored = samples_by_segment[index]
        same = all(local == str(track) for local, track in own.items())  # as in most recordings, which are long
        yield list(stored) if same else [_joined(sample, own) for sample in stored]


def _joined(sample: Sample, mapping: Mapping[str, int]) -> Sample:
    return replace(sample, faces=tuple(replace(face, track=mapping[str(face.track)]) for face in sample.faces))


def only_primary(samples: Iterable[Sample], primary: int | None) -> Iterator[Sample]:
    """The samples without the faces of others."""
    for sample in samples:
        faces = tuple(face for face in sample.faces if face.track == primary)
        status = "no_face" if sample.status == "face" and not faces else sample.status
        yield replace(sample, faces=faces, status=status)


def sample_json(sample: Sample, primary: int | None) -> dict[str, Any]:
    return {
        "sample": sample.number,
        "t_s": round(sample.t_s, TIME_DIGITS),
        "status": sample.status,
        "faces": [_face_json(face, primary) for face in sample.faces],
    }


def _face_json(face: Face, primary: int | None) -> dict[str, Any]:
    box = face.box
    return {
        "track": face.track,
        "primary": face.track == primary,
        "box": {"x": box.x, "y": box.y, "width": box.width, "height": box.height},
        "emotions": dict(zip(EMOTIONS, _rounded(face), strict=True)),
        "dominant": face.dominant,
        "quality": _quality_json(face),
    }


def _quality_json(face: Face) -> dict[str, int] | None:
    if face.brightness is None or face.sharpness is None:
        return None
    return {"brightness": face.brightness, "sharpness": face.sharpness}


def csv_rows(samples: Iterable[Sample], primary: int | None) -> Iterator[list[object]]:
    """One row per face and sample, and one with empty face fields where no face was seen."""
    for sample in samples:
        head: list[object] = [f"{sample.t_s:.{TIME_DIGITS}f}", sample.number]
        if not sample.faces:
            yield head + [""] * (len(CSV_COLUMNS) - len(head))
        for face in sample.faces:
            box = face.box
            seen = [face.track, int(face.track == primary), box.x, box.y, box.width, box.height]
            yield [*head, *seen, *_rounded(face), face.dominant]


def _rounded(face: Face) -> list[float]:
    return [round(p, PROBABILITY_DIGITS) for p in face.probabilities]
