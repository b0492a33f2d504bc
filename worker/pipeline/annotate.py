"""The recording with what was seen drawn on it: boxes, tracks, and the expression that was displayed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2

from shared.domain.samples import Face, Sample
from worker.pipeline.frames import frames_from_here
from worker.pipeline.h264 import H264Track
from worker.pipeline.luma import Colour
from worker.pipeline.mux import MEDIA_TYPES, Travelled, muxing, take_census
from worker.pipeline.outlet import WritePiece
from worker.pipeline.sound import Sound, sounds_of
from worker.pipeline.source import Source

LEGEND = "displayed expression, classified by a model"
PRIMARY_BGR = (80, 200, 255)  # as in the pictures of moments
OTHER_BGR = (200, 200, 200)
INK_BGR = (255, 255, 255)
SHADE_BGR = (0, 0, 0)
FONT = cv2.FONT_HERSHEY_SIMPLEX  # ASCII only
LINES_PER_STROKE = 180  # a stroke of 2 px at 360 lines, of 6 at 1080
LETTER_PX = 24  # of OpenCV's size 1
LINES_PER_SCALE = 800.0  # letters of that size at 800 lines
LEAST_SCALE = 0.4
SAME_TIME_S = 1e-6

Progress = Callable[[float], None]
"""Told how far in the recording the work is, in seconds; at least once for each packet consumed."""


def annotate(
    source: Source, samples: Iterator[Sample], primary: int | None, write_piece: WritePiece, progress: Progress
) -> str:
    """Code the recording anew as MP4 with the samples drawn on its frames, in one pass.

    Args:
        samples: In order, with the tracks of the whole recording.
        primary: The track that the score is about.

    Returns:
        The media type.
    """
    picture, plan, travelled, seen = source.picture, source.plan, Travelled(progress), _Shown(samples)
    census = take_census(picture, travelled.beat)
    picture.rewind()
    with muxing("mp4", write_piece, census.room_bytes("mp4", sounds_of(source, census))) as muxer:
        track = H264Track(muxer, plan, picture.stream.sample_aspect_ratio)
        heard = Sound(source, muxer, "mp4")
        for pts, frame in frames_from_here(picture, travelled.beat, trusted_pts=plan.trusted_pts):
            travelled.at_s = float((pts - plan.start_pts) * plan.time_base)
            track.add((pts, frame), draw(track.picture(frame), seen.at(travelled.at_s), primary))
            heard.add_until(travelled.at_s)
        track.finish()
        heard.add_rest()
    return MEDIA_TYPES["mp4"]


class _Shown:
    """The faces of the sample that holds at a time; times asked for must not decrease."""

    def __init__(self, samples: Iterator[Sample]) -> None:
        self._samples = samples
        self._faces: tuple[Face, ...] = ()
        self._next = next(samples, None)

    def at(self, t_s: float) -> tuple[Face, ...]:
        while self._next is not None and self._next.t_s <= t_s + SAME_TIME_S:
            self._faces = self._next.faces
            self._next = next(self._samples, None)
        return self._faces


def draw(picture: Colour, faces: tuple[Face, ...], primary: int | None) -> Colour:
    """Draw boxes with labels, and what they are, upon a picture.

    Args:
        picture: (height, width, 3) uint8 BGR; drawn upon where its memory allows.
        faces: Boxes in pixels of `picture`.

    Returns:
        The picture with the drawing.
    """
    height = picture.shape[0]
    stroke = max(2, round(height / LINES_PER_STROKE))
    letters = round(LETTER_PX * _scale(picture))
    for face in sorted(faces, key=lambda face: face.track == primary):
        box, colour = face.box, PRIMARY_BGR if face.track == primary else OTHER_BGR
        cv2.rectangle(picture, (box.x, box.y), (box.x + box.width, box.y + box.height), colour, stroke)
        _write(picture, label_of(face), box.x, max(box.y - 2 * stroke, letters), colour)
    _write(picture, LEGEND, 3 * stroke, height - 4 * stroke, INK_BGR)
    return picture


def label_of(face: Face) -> str:
    """Track, dominant expression and its probability: `#0 happy 87%`."""
    return f"#{face.track} {face.dominant} {max(face.probabilities):.0%}"


def _write(picture: Colour, words: str, x: int, y: int, colour: tuple[int, int, int]) -> None:
    """With a dark edge, to be read on any ground."""
    scale = _scale(picture)
    thin = max(1, round(2 * scale))
    for ink, thickness in ((SHADE_BGR, 3 * thin), (colour, thin)):
        cv2.putText(picture, words, (x, y), FONT, scale, ink, thickness, cv2.LINE_AA)


def _scale(picture: Colour) -> float:
    """So that letters can be read, and the legend fits into a standing picture too."""
    height, width = picture.shape[:2]
    (legend_px, _), _ = cv2.getTextSize(LEGEND, FONT, 1.0, 2)
    return float(min(max(LEAST_SCALE, height / LINES_PER_SCALE), 0.95 * width / legend_px))
