"""A report as tables of text, for terminals and for Markdown alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.agreement import DRAWS, JITTER, Agreement, Comparison
from bench.formats import Formatted
from bench.growth import Length
from bench.jobs import CLIP_S, LONG_MIN, SHORT_MIN, Jobs
from bench.measure import Cost
from bench.profile import Profile
from bench.run import Report
from bench.scaling import Scale
from bench.speed import FER_VIDEO, FFMPEG, MIEN, PROTOTYPE, Speed

NAMES = {
    MIEN: "Mien",
    FFMPEG: "ffmpeg, decoding alone",
    FER_VIDEO: "fer's Video.analyze",
    PROTOTYPE: "the prototype's way",
}
COSTS = ("wall (s)", "CPU (s)", "peak memory, all (MB)", "peak memory, largest process (MB)")


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    note: str
    """Whole sentences, one a line."""
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def tables_of(report: Report) -> Iterator[Table]:
    """One or two tables for each section that was measured."""
    if report.speed:
        yield _speed(report.speed)
        yield _ratios(report.speed)
    if report.profile:
        yield _profile(report.profile)
    if report.agreement:
        yield _agreement(report.agreement)
    if report.growth:
        yield _growth(report.growth)
    if report.scaling:
        yield _scaling(report.scaling)
    if report.formats:
        yield _formats(report.formats)
    if report.jobs:
        yield _jobs(report.jobs)


def _speed(speed: Speed) -> Table:
    note = (
        f"Medians of {speed.repeats} repeats, in each of which the programs ran one after the other on the same cores."
    )
    if speed.repeats == 1:
        note = "One run each, one after the other on the same cores."
    rows = [[NAMES[system], *_cost(cost)] for system, cost in speed.medians.items()]
    return Table("Speed", note, ["", *COSTS], rows)


def _ratios(speed: Speed) -> Table:
    note = "Mien's median divided by the other's: below 1, Mien takes less."
    rows = [
        [
            f"Mien / {NAMES[system]}",
            *(f"{ratio[name]:.3f}" if name in ratio else "-" for name in Cost.__dataclass_fields__),
        ]
        for system, ratio in speed.ratios.items()
    ]
    return Table("Ratios", note, ["", "wall", "CPU", "peak memory, all", "peak memory, largest process"], rows)


def _profile(profile: Profile) -> Table:
    note = "One process on one core, timed between the stages of the pipeline."
    stages = {**profile.stages_s, "sum": profile.total_s}
    rows = [
        [stage, f"{spent_s:.3f}", f"{spent_s / profile.total_s:.1%}", f"{1000 * spent_s / profile.samples:.2f}"]
        for stage, spent_s in stages.items()
    ]
    return Table("Stage by stage", note, ["stage", "time (s)", "share", "per sample (ms)"], rows)


def _agreement(comparison: Comparison) -> Table:
    note = (
        f"Primary faces of {comparison.tracked.with_face} samples in which the exhaustive detector saw one.\n"
        f"The noise floor is the exhaustive detector with its own boxes moved and resized by up to {JITTER:.0%}, "
        f"the mean of {DRAWS} draws."
    )
    columns = ["compared with exhaustive", "face found too", "same dominant expression", "mean overlap of boxes"]
    rows = [_agreed("tracked", comparison.tracked), _agreed("noise floor", comparison.jittered)]
    return Table("Agreement", note, [*columns, "samples with a face only here"], rows)


def _agreed(name: str, agreement: Agreement) -> list[str]:
    shares = (agreement.found, agreement.same_dominant)
    return [name, *(f"{share:.2%}" for share in shares), f"{agreement.mean_iou:.3f}", str(agreement.only_other)]


def _growth(lengths: Sequence[Length]) -> Table:
    note = "The same recording in loops, one run each."
    rows = [
        [f"{length.minutes:g}", *_cost(length.cost), f"{length.cost.wall_s / length.minutes:.2f}"] for length in lengths
    ]
    return Table("Growth with length", note, ["length (min)", *COSTS, "wall per minute (s)"], rows)


def _scaling(scales: Sequence[Scale]) -> Table:
    note = "The same recording with one analyser and with more, up to the number of cores."
    rows = [[str(one.analysers), *_cost(one.cost), f"{one.speed_up:.2f}"] for one in scales]
    return Table("Scaling", note, ["analysers", *COSTS, "speed-up"], rows)


def _formats(formats: Sequence[Formatted]) -> Table:
    note = "Five minutes each, one run; the ratios are Mien's number divided by that of a full decode by ffmpeg."
    rows = [
        [
            one.name,
            *(f"{number:.2f}" for number in (one.mien.wall_s, one.ffmpeg.wall_s, one.mien.wall_s / one.ffmpeg.wall_s)),
            *(f"{number:.2f}" for number in (one.mien.cpu_s, one.ffmpeg.cpu_s, one.mien.cpu_s / one.ffmpeg.cpu_s)),
            f"{one.mien.peak_process_mb:.0f}",
        ]
        for one in formats
    ]
    wall, cpu = ("wall (s)", "ffmpeg (s)", "ratio"), ("CPU (s)", "ffmpeg (s)", "ratio")
    return Table("Other formats", note, ["", *wall, *cpu, "peak memory, largest process (MB)"], rows)


def _jobs(jobs: Jobs) -> Table:
    note = (
        "One server with an analyser for each core, started and warm; medians, from the client's side where it sends.\n"
        f"The overhead is that of clips of {CLIP_S:g} s, one after the other, from the job's commit to the result's.\n"
        f"A recording of {SHORT_MIN:g} min is submitted while one of {LONG_MIN:g} min holds every analyser."
    )
    overhead, waiting, whole = jobs.overhead, jobs.waiting, jobs.whole
    rows = [
        ["the recording, from its first byte sent to its result (s)", f"{whole.service_s:.2f}"],
        ["the same by `./mien analyze` (s)", f"{whole.analyze_s:.2f}"],
        ["ratio", f"{whole.ratio:.2f}"],
        ["a clip's job (s)", f"{overhead.job_s:.3f}"],
        ["of it pipeline, index and hash (s)", f"{overhead.pipeline_s:.3f}"],
        ["overhead (s)", f"{overhead.overhead_s:.3f}"],
        ["largest overhead (s)", f"{overhead.worst_s:.3f}"],
        ["the short recording begins after (s)", f"{waiting.started_after_s:.2f}"],
        ["and is finished after (s)", f"{waiting.finished_after_s:.2f}"],
    ]
    return Table("Through the service", note, ["", "measured"], rows)


def _cost(cost: Cost) -> list[str]:
    return [f"{cost.wall_s:.2f}", f"{cost.cpu_s:.2f}", f"{cost.peak_tree_mb:.0f}", f"{cost.peak_process_mb:.0f}"]
