"""The way of the prototype that Mien replaces, written anew to be measured.

It reads every frame, keeps each 15th in memory because it takes half a second to be
15 frames, looks for faces with Haar's cascade, and hands frames with a face to the
`fer` package, which looks for the face once more and recognises one face at a time.
Run as `python -m bench.baselines.prototype VIDEO`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import cv2
import cv2.data

EVERY_FRAMES = int(0.5 * 30)  # the prototype assumed 30 frames per second
CASCADE = Path(cv2.data.haarcascades) / "haarcascade_frontalface_default.xml"
HAAR_SCALE, HAAR_NEIGHBOURS, MIN_FACE_PX = 1.1, 6, 48  # the prototype's values


def main(video: str) -> None:
    from fer.fer import FER

    frames = read_frames(video)
    seen = analyse(frames, FER())
    sys.stdout.write(json.dumps({"samples": len(frames), "with_face": seen}) + "\n")


def read_frames(video: str) -> list[Any]:
    """Every 15th frame as (height, width, 3) uint8 BGR, all of them at once."""
    capture = cv2.VideoCapture(video)
    frames: list[Any] = []
    number = 0
    while True:
        is_read, frame = capture.read()
        if not is_read:
            return frames
        if number % EVERY_FRAMES == 0:
            frames.append(frame)
        number += 1


def analyse(frames: list[Any], recogniser: Any) -> int:
    """How many of the frames show a face whose expression was recognised."""
    cascade = cv2.CascadeClassifier(str(CASCADE))
    seen = 0
    for frame in frames:
        grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
        side = (MIN_FACE_PX, MIN_FACE_PX)
        boxes = cascade.detectMultiScale(grey, HAAR_SCALE, HAAR_NEIGHBOURS, minSize=side)
        if len(boxes):
            seen += bool(recogniser.detect_emotions(frame))
    return seen


if __name__ == "__main__":
    main(sys.argv[1])
