"""The `fer` package's own `Video.analyze`, twice a second and without drawing or saving pictures.

Run as `python -m bench.baselines.fer_video VIDEO`.
"""

from __future__ import annotations

import json
import sys
import tempfile

import cv2

SAMPLES_PER_S = 2  # as Mien samples by default


def main(video: str) -> None:
    from fer.classes import Video
    from fer.fer import FER

    _need_no_window()
    with tempfile.TemporaryDirectory() as folder:  # fer makes a folder for pictures even when it saves none
        faces = Video(video, outdir=folder).analyze(
            FER(),
            frequency=every_frames(video),
            output="pandas",  # its other way writes a file into the current folder
            save_frames=False,
            save_video=False,
            annotate_frames=False,
            zip_images=False,
        )
    sys.stdout.write(json.dumps({"with_face": len(faces)}) + "\n")


def every_frames(video: str) -> int:
    """How many frames lie between two samples, as fer wants it said."""
    capture = cv2.VideoCapture(video)
    try:
        return max(1, round(capture.get(cv2.CAP_PROP_FPS) / SAMPLES_PER_S))
    finally:
        capture.release()


def _need_no_window() -> None:
    """After every frame fer looks for a key press, which OpenCV without windows refuses."""
    cv2.waitKey = lambda delay=0: -1  # noqa: ARG005
    cv2.destroyAllWindows = lambda: None


if __name__ == "__main__":
    main(sys.argv[1])
