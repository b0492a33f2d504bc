"""What an analyser can be asked, and how each request runs the pipeline.

Requests name a file by its path; answers carry plain data and packed samples. What is encoded goes to the worker
piece by piece while it comes to be: an analyser writes no file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from shared import __version__
from shared.domain.artifact import WHOLE
from shared.domain.clock import Monotonic, monotonic_s
from shared.domain.engines import Engine
from shared.domain.errors import Unavailable
from shared.domain.limits import MediaLimits
from shared.domain.options import Options
from shared.domain.plan import Plan, Segment
from shared.domain.samples import Box, Sample, pack_samples, unpack_samples
from shared.domain.timeline import TrackMapping, join_tracks, only_primary
from worker.pipeline.annotate import annotate
from worker.pipeline.outlet import WritePiece
from worker.pipeline.playable import make_playable
from worker.pipeline.run import (
    PIPELINE_VERSION,
    FerModel,
    FolderModel,
    Model,
    Moment,
    Network,
    Recording,
    analyse_segment,
    detector_of,
    model_sha256,
    moment_picture,
    plan_recording,
    read_card,
    summarise,
)
from worker.pipeline.shipped import MODEL_FOLDERS
from worker.pipeline.source import Source, open_source
from worker.sandbox.wire import Message

PROGRESS_GRAIN_S = 0.5

Progress = Callable[[int], None]
Answer = tuple[dict[str, Any], list[bytes]]


def discard(at: int, piece: bytes) -> None:
    """Where there is nobody to write it down."""


class Answers:
    def __init__(
        self, engine: Engine, gpu: int = 0, write_piece: WritePiece = discard, clock: Monotonic = monotonic_s
    ) -> None:
        self._clock = clock
        self._write_piece = write_piece
        self._network = Network(engine, gpu)
        self._folders: dict[str, FolderModel] = {}
        self._open: tuple[str, Recording] | None = None
        if engine == "tensorflow-gpu":
            self._network.wait()  # a GPU that is not there must be known before work is taken
        for folder in MODEL_FOLDERS.values():
            with suppress(Unavailable):  # whoever asks for it is told
                self._folder_model(str(folder))

    @property
    def engine(self) -> Engine:
        return self._network.engine

    def to(self, request: Message, progress: Progress) -> Answer:
        """Carry out one request. Raises MienError."""
        how = {
            "plan": self._plan,
            "segment": self._segment,
            "summary": self._summary,
            "pictures": self._pictures,
            "annotated": self._annotated,
            "playable": self._playable,
        }
        return how[request.header["do"]](request, Throttled(progress, self._clock))

    def _plan(self, request: Message, progress: Throttled) -> Answer:
        header = request.header
        limits = MediaLimits(**header["limits"])
        self.close()
        plan = plan_recording(Path(header["path"]), Options(**header["options"]), limits, progress)
        return {"plan": plan.to_dict()}, []

    def _segment(self, request: Message, progress: Throttled) -> Answer:
        header = request.header
        plan, segment, options = Plan.of(header["plan"]), Segment.of(header["segment"]), Options(**header["options"])
        model = self._model(header, options, progress)
        samples = analyse_segment(self._recording(header), plan, segment, options, model, progress)
        return {}, [pack_samples(samples)]

    def _model(self, header: dict[str, Any], options: Options, progress: Throttled) -> Model:
        """The one that the options name."""
        folder = header.get("model_folder")
        if folder is None:
            return FerModel(self._network, options.model, progress.repeat)
        return self._folder_model(folder)

    def _folder_model(self, folder: str) -> FolderModel:
        """Kept for the next segment; loaded anew when the folder got another version while this process lives."""
        kept = self._folders.get(folder)
        if kept is None or kept.card != read_card(Path(folder)):
            kept = self._folders[folder] = FolderModel(Path(folder))
        return kept

    def _summary(self, request: Message, _: Throttled) -> Answer:
        header = request.header
        options = Options(**header["options"])
        samples = {index: unpack_samples(part) for index, part in enumerate(request.parts)}
        summary = summarise(Plan.of(header["plan"]), samples, options)
        return {
            "summary": summary.to_dict(),
            "track_mapping": summary.track_mapping,
            "primary_track": summary.primary_track,
            "pictures": [_picture_request(number, moment) for number, moment in enumerate(summary.moments)],
            "provenance": _provenance(options, header.get("engine") or self.engine, header.get("model_folder")),
        }, []

    def _pictures(self, request: Message, progress: Throttled) -> Answer:
        header = request.header
        plan = Plan.of(header["plan"])
        recording = self._recording(header)
        pictures = []
        for done, wanted in enumerate(header["pictures"]):
            pictures.append(moment_picture(recording, plan, wanted["t_s"], Box(**wanted["box"])))
            progress(done)
        return {}, pictures

    def _annotated(self, request: Message, progress: Throttled) -> Answer:
        header = request.header
        samples = shown_samples(request.parts, header["track_mapping"], header["only"])
        with self._source(header) as source:
            far = progress.of(source.plan.facts.duration_s)
            return {"media_type": annotate(source, samples, header["primary"], self._write_piece, far)}, []

    def _playable(self, request: Message, progress: Throttled) -> Answer:
        with self._source(request.header) as source:
            far = progress.of(source.plan.facts.duration_s)
            return {"media_type": make_playable(source, self._write_piece, far)}, []

    def _source(self, header: dict[str, Any]) -> AbstractContextManager[Source]:
        self.close()
        path, limits, plan = Path(header["path"]), MediaLimits(**header["limits"]), Plan.of(header["plan"])
        return open_source(path, limits, plan, damaged=header["damaged"])

    def _recording(self, header: dict[str, Any]) -> Recording:
        if self._open is None or self._open[0] != header["path"]:
            self.close()
            self._open = header["path"], Recording(Path(header["path"]), MediaLimits(**header["limits"]))
        return self._open[1]

    def close(self) -> None:
        """Let go of the recording that is kept open between segments."""
        if self._open is not None:
            self._open[1].close()
            self._open = None


def shown_samples(parts: Iterable[bytes], mapping: TrackMapping, only: int | None) -> Iterator[Sample]:
    """Stored segments as one timeline, unpacked one at a time.

    Args:
        only: The track whose faces are shown; None shows all.
    """
    for index, part in enumerate(parts):
        joined = next(join_tracks({index: unpack_samples(part)}, mapping))
        yield from joined if only is None else only_primary(joined, only)


def _provenance(options: Options, engine: Engine, folder: str | None) -> dict[str, str]:
    """What made a result; the engine is that of the segments, whoever puts them together."""
    if folder is not None:
        engine = FolderModel.engine
    sha256 = model_sha256(engine) if folder is None else read_card(Path(folder)).weights[engine].sha256
    return {
        "model": options.model,
        "model_sha256": sha256,
        "engine": engine,
        "detector": detector_of(options).name,
        "pipeline": PIPELINE_VERSION,
        "mien": __version__,
    }


def _picture_request(number: int, moment: Moment) -> dict[str, Any]:
    """A moment is shown at its peak; the request is stored until its picture is made."""
    length_s = moment.end_s - moment.start_s
    return {"number": number, "length_s": length_s, "t_s": moment.peak_t_s, "box": asdict(moment.peak_box)}


class Throttled:
    """Passes progress on at most twice a second: the pipeline reports every packet."""

    def __init__(self, progress: Progress, clock: Monotonic) -> None:
        self._progress = progress
        self._clock = clock
        self._sent_s = clock()
        self._samples_done = 0

    def __call__(self, samples_done: int) -> None:
        self._samples_done = samples_done
        if self._clock() - self._sent_s >= PROGRESS_GRAIN_S:
            self.repeat()

    def of(self, duration_s: float) -> Callable[[float], None]:
        """Takes how far in a recording the work is, and passes on thousandths of its length."""
        return lambda t_s: self(min(WHOLE, max(0, int(WHOLE * t_s / duration_s)))) if duration_s > 0 else self(0)

    def repeat(self) -> None:
        """Say again how far it is: a sign of life."""
        self._sent_s = self._clock()
        self._progress(self._samples_done)
