"""Makes recordings for tests: any frame rate, codec, container and oddity, from one scene.

    studio = Studio(folder)
    path = studio.record(fps=29.97, codec="hevc", container="mkv", rotation=90)

`python -m tests.recordings demo` makes the demo recording again,
`python -m tests.recordings make OUT.mp4 fps=50 duration_s=60` any other.
"""

from __future__ import annotations

import hashlib
import sys
from ast import literal_eval
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import OutputContainer
from av.stream import Stream

from tests.filming import FORMATS, Recipe, film
from tests.scene import Scene


class Studio:
    """Makes each recording once and keeps it in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def record(self, **recipe: Any) -> Path:
        """The recording for a recipe's fields."""
        return self.film(Recipe(**recipe))

    def film(self, recipe: Recipe) -> Path:
        name = hashlib.sha256(repr(recipe).encode()).hexdigest()[:16]
        path = self.folder / f"{name}.{recipe.container}"
        if not path.exists():
            part = path.with_suffix(".part")
            film(recipe, part)
            part.rename(path)
        return path

    def cut_off(self, share: float, **recipe: Any) -> Path:
        """A recording of which only the first part arrived."""
        whole = self.record(**recipe)
        return self._variant(whole, f"cut{share}", lambda data: data[: int(len(data) * share)])

    def scratched(self, start: float, end: float, **recipe: Any) -> Path:
        """A recording in which a stretch of bytes was overwritten; start and end are shares of the file."""
        return self._variant(self.record(**recipe), f"scratch{start}-{end}", lambda data: _scratch(data, start, end))

    def looped(self, times: int, **recipe: Any) -> Path:
        """A recording shown several times over, without encoding it again; without B-frames."""
        once = Recipe(**{"b_frames": 0, **recipe})
        path = self.folder / f"{self.film(once).stem}-x{times}.{once.container}"
        if not path.exists():
            _loop(self.film(once), path, times, once)
        return path

    def write(self, name: str, data: bytes) -> Path:
        """A file that is no recording."""
        path = self.folder / name
        path.write_bytes(data)
        return path

    def _variant(self, whole: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
        path = whole.with_name(f"{whole.stem}-{name}{whole.suffix}")
        path.write_bytes(change(whole.read_bytes()))
        return path


def _scratch(data: bytes, start: float, end: float) -> bytes:
    first, after = int(len(data) * start), int(len(data) * end)
    noise = np.random.default_rng(1).integers(0, 256, after - first, dtype=np.uint8).tobytes()
    return data[:first] + noise + data[after:]


def _loop(source: Path, target: Path, times: int, recipe: Recipe) -> None:
    form = FORMATS.get(recipe.container, recipe.container)
    with av.open(str(target), "w", format=form) as output, av.open(str(source)) as first:
        stream = output.add_stream_from_template(first.streams.video[0])
        for number in range(times):
            _append(source, output, stream, number * recipe.duration_s)


def _append(source: Path, output: OutputContainer, stream: Stream, offset_s: float) -> None:
    with av.open(str(source)) as again:
        offset = round(offset_s / (again.streams.video[0].time_base or 1))
        for packet in again.demux(again.streams.video[0]):
            if packet.pts is not None and packet.dts is not None:
                packet.pts, packet.dts = packet.pts + offset, packet.dts + offset
                packet.stream = stream  # type: ignore[assignment]
                output.mux(packet)


DEMO = Recipe(
    scene=Scene(
        script=(
            (0.0, "neutral"),
            (7.2, "happy"),
            (16.2, "surprise"),
            (19.7, "happy"),
            (27.2, "neutral"),
            (33.2, "angry"),
            (37.2, "neutral"),
            (46.2, "happy"),
            (53.2, "surprise"),
            (56.7, "neutral"),
            (61.2, "happy"),
        ),
        away=((42.0, 44.0),),
    ),
    duration_s=66.0,
    width=640,
    height=360,
    gop_frames=250,
    fast_start=True,
)
DEMO_PATH = Path(__file__).parent.parent / "cli" / "demo" / "interview.mp4"
USAGE = "usage: python -m tests.recordings demo | make OUT field=value ...\n"


def main(arguments: list[str]) -> int:
    if arguments == ["demo"]:
        film(DEMO, DEMO_PATH)
        return 0
    if len(arguments) < 2 or arguments[0] != "make":
        sys.stderr.write(USAGE)
        return 2
    path = Path(arguments[1])
    fields = dict(argument.split("=", 1) for argument in arguments[2:])
    film(replace(Recipe(container=path.suffix[1:]), **{name: _parsed(text) for name, text in fields.items()}), path)
    return 0


def _parsed(text: str) -> Any:
    """A number, a truth value, or the word itself."""
    try:
        return literal_eval(text)
    except (ValueError, SyntaxError):
        return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
