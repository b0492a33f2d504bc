"""Finds faces in a luma frame."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import cv2
import cv2.data
import numpy as np

from shared.domain.samples import Box
from worker.pipeline.luma import Luma

CASCADE = "haarcascade_frontalface_default.xml"  # OpenCV's own frontal face cascade
HAAR_SCALE = 1.1  # the prototype's value; OpenCV's own default
HAAR_NEIGHBOURS = 6  # the prototype's value; OpenCV's own default is 3
MIN_FACE_PX = 48  # on a frame of REFERENCE_LINES, from the design
REFERENCE_LINES = 720


class Detector(Protocol):
    """A way to find faces; `name` goes into the provenance of results."""

    @property
    def name(self) -> str: ...

    def detect(self, luma: Luma) -> list[Box]:
        """Faces in pixels of a (height, width) uint8 full-range frame, in an order that depends on the boxes alone."""
        ...


class ExhaustiveDetector:
    """Searches the whole frame every time; what other detectors are measured against.

    OpenCV is held to one thread in this process, so that analysers can share the cores.
    """

    name = "exhaustive-1"

    def __init__(self) -> None:
        cv2.setNumThreads(1)
        self._cascade = cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / CASCADE))

    def detect(self, luma: Luma) -> list[Box]:
        side_px = min_face_px(*luma.shape)
        found = self._cascade.detectMultiScale(
            luma, scaleFactor=HAAR_SCALE, minNeighbors=HAAR_NEIGHBOURS, minSize=(side_px, side_px)
        )
        rows = np.asarray(found, dtype=int).reshape(-1, 4).tolist()
        boxes = [Box(x=x, y=y, width=width, height=height) for x, y, width, height in rows]
        return sorted(boxes, key=lambda box: (-box.width * box.height, box.x, box.y))


def min_face_px(height: int, width: int) -> int:
    """The smallest face searched for, in proportion to the frame's shorter side, so that turning it changes nothing."""
    return max(1, round(MIN_FACE_PX * min(height, width) / REFERENCE_LINES))
