"""How usable the picture of the primary face was, and what would make the next recording better.

A face is in a bad way where the model or the detector gives other answers than on the same face in a good one:
docs/decisions/0026-picture-quality.md has the figures from which the limits come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from shared.domain.plan import VideoFacts
from shared.domain.samples import Face, Sample
from worker.pipeline.emotions import MARGIN

DARK = 45  # mean luma; from here down the detector loses faces, one in twenty at 44 and three in four at 35
BRIGHT = 210  # mean luma; from here up faces are bleached out, and a third of all expressions change
BLURRED = 70  # sharpness; between a blur of 1.5 % of the face's width (74 and more) and one of 2.5 % (64 and less)
SMALL_PX = 48  # with its margin such a face is enlarged to the model's 64 px, and the detector begins to lose it
ADVISED = 0.2  # share of the samples; what happens less often is no habit, and costs few moments
SHARE_DIGITS = 3

Rule = Callable[[Face, VideoFacts], bool | None]
"""Whether a face is in one bad way; None where that was not measured."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Quality:
    shares: Mapping[str, float | None]
    """For each code how much of the samples is so: of those with the primary face, and for `out_of_frame` of all that
    could be read. None where there is nothing to tell it from."""
    face_height: float | None
    """Median over the samples with the primary face, as a share of the picture's height."""

    @property
    def advice(self) -> list[str]:
        """Codes of what one should change; causes stand before what they cause, so the first is the one to mend."""
        return [code for code, share in self.shares.items() if share is not None and share > ADVISED]

    def to_dict(self) -> dict[str, Any]:
        shares = {code: _rounded(share) for code, share in self.shares.items()}
        return {**shares, "face_height": _rounded(self.face_height), "advice": self.advice}


def quality_of(samples: Sequence[Sample], faces: Sequence[Face | None], video: VideoFacts) -> Quality:
    """Judge a recording by its samples.

    Args:
        faces: For each sample, the primary face in it.
    """
    seen = [face for face in faces if face is not None]
    readable = [face for sample, face in zip(samples, faces, strict=True) if sample.status != "unreadable"]
    shares = {code: _share(rule(face, video) for face in seen) for code, rule in RULES.items()}
    return Quality(
        shares={**shares, "out_of_frame": _share(face is None for face in readable)},
        face_height=median(face.box.height for face in seen) / video.height if seen else None,
    )


def _is_dark(face: Face, _: VideoFacts) -> bool | None:
    return None if face.brightness is None else face.brightness < DARK


def _is_bright(face: Face, _: VideoFacts) -> bool | None:
    return None if face.brightness is None else face.brightness > BRIGHT


def _is_blurred(face: Face, _: VideoFacts) -> bool | None:
    return None if face.sharpness is None else face.sharpness < BLURRED


def _is_small(face: Face, _: VideoFacts) -> bool:
    return face.box.height < SMALL_PX


def _is_cut_off(face: Face, video: VideoFacts) -> bool:
    """Whether the picture ends within the margin that the model looks at.

    No box ever leaves the picture, as the detector looks only inside: it finds a face of which a part is missing a
    little beside its place, or not at all.
    """
    box = face.box
    across, down = round(box.width * MARGIN), round(box.height * MARGIN)
    is_inside = across <= box.x <= video.width - box.width - across
    return not (is_inside and down <= box.y <= video.height - box.height - down)


RULES: Mapping[str, Rule] = {
    "dark": _is_dark,
    "bright": _is_bright,
    "blurred": _is_blurred,
    "small": _is_small,
    "cut_off": _is_cut_off,
}


def _share(answers: Iterable[bool | None]) -> float | None:
    known = [answer for answer in answers if answer is not None]
    return sum(known) / len(known) if known else None


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, SHARE_DIGITS)
