"""Small archives with the quirks of AI Hub's data set 82."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

UPLOADER = "5f656a0f627a"
BOX = {"minX": 20.0, "minY": 10.0, "maxX": 60.0, "maxY": 60.0}


def name_of(uploader: str, native: str, number: int = 1) -> str:
    return f"{uploader}_여_30_{native}_공공시설&종교&의료시설_20201204105732-001-{number:03}.jpg"


def record(name: str, *votes: str | None, boxes: Any = BOX, **more: Any) -> dict[str, Any]:
    """A label as the set has it; `boxes` is one for all annotators, or a list of one for each."""
    each = boxes if isinstance(boxes, list) else [boxes] * 3
    annotators = zip("ABC", votes, each, strict=False)
    answers = {f"annot_{who}": {"boxes": box, "faceExp": vote} for who, vote, box in annotators}
    uploaded = {"faceExp_uploader": "기쁨", "bg_uploader": "공공시설", "faceExp_bg": "", "isProf": "일반인"}
    return {"filename": name, "gender": "여", "age": 30, **uploaded, **answers, **more}


def scene(width: int = 90, height: int = 70) -> NDArray[np.uint8]:
    """Gray, dark at the left and bright at the right, with a white corner at the upper left."""
    picture = np.tile(np.linspace(40, 200, width, dtype=np.uint8), (height, 1))
    picture[: height // 4, : width // 4] = 255
    return picture


def jpeg(picture: NDArray[Any] | None = None, *, orientation: int | None = None) -> bytes:
    content = bytes(cv2.imencode(".jpg", scene() if picture is None else picture)[1])
    if orientation is None:
        return content
    tags = struct.pack("<2sHIHHHIHHI", b"II", 42, 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    exif = b"Exif\0\0" + tags
    return content[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + content[2:]


def write_labels(path: Path, records: list[dict[str, Any]], encoding: str = "utf-8") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(json.dumps(records, ensure_ascii=False, indent=1).encode(encoding))


def write_zip(path: Path, contents: dict[str, bytes], *, names_in: str | None = None) -> None:
    """`names_in`: an encoding to write names in without saying so, as Windows (CP949) and Macs (UTF-8) do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(_Unsaid(name, names_in) if names_in else zipfile.ZipInfo(name), content)


class _Unsaid(zipfile.ZipInfo):
    """A member whose name's encoding is not flagged."""

    def __init__(self, name: str, encoding: str) -> None:
        super().__init__(name)
        self.encoding = encoding

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802
        return self.filename.encode(self.encoding), self.flag_bits & ~0x800
