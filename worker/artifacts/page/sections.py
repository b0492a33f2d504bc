"""The parts of the report, each from the numbers it shows."""

from __future__ import annotations

from base64 import b64encode
from math import pi
from typing import Any

from shared.domain.emotions import EMOTIONS
from shared.domain.job import Job
from shared.domain.video import Video
from worker.artifacts.page.markup import Html, h, join
from worker.artifacts.page.words import DASH, TIMES, Words, clock, date, percent, size

RADIUS = 54
MAX_TRACKS = 8


def score(summary: dict[str, Any], interval_s: float, words: Words) -> Html:
    value = summary["score"]["value"]
    title = words("score.none") if value is None else words("score.title")
    story = _why_none(summary, words) if value is None else _how_come(summary, interval_s, words)
    policy = h("p", words("score.policy", policy=summary["score"]["policy"]), class_="small")
    return h("section", _ring(value, words), h("div", h("h2", title), h("p", story), policy), class_="card score")


def _how_come(summary: dict[str, Any], interval_s: float, words: Words) -> str:
    seen = words.span(summary["coverage"]["with_face"] * interval_s)
    moments = summary["moments"]
    if not moments:
        return words("score.clear", seen=seen)
    key = "score.cost.one" if len(moments) == 1 else "score.cost.many"
    share = percent((100 - summary["score"]["value"]) / 100, 1)
    return words(key, n=len(moments), length=words.span(_length_s(moments)), seen=seen, share=share)


def _why_none(summary: dict[str, Any], words: Words) -> str:
    return words(f"reason.{summary['score']['reason']}", ratio=percent(summary["coverage"]["ratio"], 1))


def _ring(value: float | None, words: Words) -> Html:
    label = words("score.none") if value is None else words("score.label", value=f"{value:.1f}")
    round_ = 2 * pi * RADIUS
    arc = f"{(value or 0) / 100 * round_:.1f} {round_:.1f}"
    return h(
        "svg",
        h("circle", cx=64, cy=64, r=RADIUS, class_="rest"),
        h("circle", cx=64, cy=64, r=RADIUS, class_="part", stroke_dasharray=arc, transform="rotate(-90 64 64)")
        if value
        else None,
        h("text", DASH if value is None else f"{value:.1f}", x=64, y=71, class_="value", text_anchor="middle"),
        None if value is None else h("text", words("score.of"), x=64, y=89, class_="of", text_anchor="middle"),
        viewBox="0 0 128 128",
        class_="ring",
        role="img",
        aria_label=label,
    )


def _length_s(moments: list[dict[str, Any]]) -> float:
    return float(sum(moment["end_s"] - moment["start_s"] for moment in moments))


def coverage(summary: dict[str, Any], words: Words) -> Html:
    seen = summary["coverage"]
    moments, gap = summary["moments"], seen["longest_gap_s"]
    length = words("coverage.moments.note", length=words.span(_length_s(moments)))
    return h(
        "section",
        _tile("face", percent(seen["ratio"], 1), words("coverage.face.note", seen=seen["with_face"],
                                                       all=seen["samples"]), words),
        _tile("gap", words.span(gap), words("coverage.gap.note" if gap else "coverage.gap.none"), words),
        _tile("moments", str(len(moments)), length if moments else words("coverage.moments.none"), words),
        _tile("unreadable", str(seen["unreadable"]), words("coverage.unreadable.note", all=seen["samples"]), words),
        class_="tiles",
        aria_label=words("coverage.title"),
    )  # fmt: skip


def _tile(name: str, value: str, note: str, words: Words) -> Html:
    return h("div", h("h3", words(f"coverage.{name}")), h("p", value, class_="big"), h("p", note, class_="small"),
             class_="card")  # fmt: skip


def picture(summary: dict[str, Any], words: Words) -> Html:
    """How to record better next time; nothing for results of pipelines that did not look at it."""
    quality = summary.get("quality")
    if quality is None:
        return join()
    advice = [words(f"advice.{code}", share=percent(quality[code])) for code in quality["advice"]]
    lines = (h("p", line) for line in advice or [words("advice.none")])
    return h("section", h("h2", words("quality.title")), *lines, class_="card")


def no_moments(summary: dict[str, Any], words: Words) -> Html:
    return h("p", words("moments.none.noscore" if summary["score"]["value"] is None else "moments.none"))


def moment(number: int, about: dict[str, Any], picture: bytes | None, words: Words) -> Html:
    """One moment, with the frame in which its expression is clearest."""
    emotion = words(f"emotion.{about['emotion']}")
    start, end = clock(about["start_s"], 1), clock(about["end_s"], 1)
    alt = words("moments.picture", emotion=emotion, time=start)
    shown = h("p", words("moments.nopicture"), class_="small") if picture is None else _image(picture, alt)
    return h(
        "li",
        h("div", shown, h("b", str(number + 1), class_="number"), class_="still"),
        h("p", h("b", emotion), h("br"), f"{start} {DASH} {end}", h("br"),
          h("span", words("moments.confidence", value=percent(about["confidence"])), class_="small")),
    )  # fmt: skip


def _image(picture: bytes, alt: str) -> Html:
    return h("img", src=f"data:image/jpeg;base64,{b64encode(picture).decode()}", alt=alt)


def means(summary: dict[str, Any], words: Words) -> Html:
    rows = [_bar(name, summary["emotions"].get(name) or 0.0, words) for name in EMOTIONS]
    note = h("p", words("means.note"), class_="small")
    return h("section", h("h2", words("means.title")), note, h("dl", *rows, class_="bars"), class_="card")


def _bar(name: str, share: float, words: Words) -> Html:
    bar = h("svg", h("rect", width=100, height=8, class_="rest"),
            h("rect", width=f"{100 * share:.1f}", height=8, class_=f"moment of-{name}"),
            viewBox="0 0 100 8", preserveAspectRatio="none", aria_hidden="true")  # fmt: skip
    return h("div", h("dt", words(f"emotion.{name}")), h("dd", bar, h("span", percent(share, 1))))


def tracks(summary: dict[str, Any], words: Words) -> Html:
    ordered = sorted(summary["tracks"], key=lambda track: (not track["primary"], -track["samples"]))
    lines = [h("li", h("b", _name(track, words)), " ", _when(track, words)) for track in ordered[:MAX_TRACKS]]
    rest = len(ordered) - MAX_TRACKS
    more = h("li", words("tracks.more", n=rest)) if rest > 0 else None
    about = h("p", words("tracks.about" if ordered else "tracks.none"), class_="small")
    return h("section", h("h2", words("tracks.title")), about, h("ul", *lines, more), class_="card")


def _name(track: dict[str, Any], words: Words) -> str:
    return words("tracks.primary") if track["primary"] else words("tracks.other", id=track["id"])


def _when(track: dict[str, Any], words: Words) -> str:
    return f"{clock(track['first_s'])}{DASH}{clock(track['last_s'])}, {words.count('tracks.times', track['samples'])}"


def recording(summary: dict[str, Any], job: Job, job_id: str, video: Video, words: Words) -> Html:
    facts = summary["video"]
    values = {
        "file": video.original_name,
        "size": size(video.size_bytes),
        "length": clock(facts["duration_s"], 1),
        "picture": f"{facts['width']} {TIMES} {facts['height']}",
        "rate": words("recording.rate.value", fps=f"{facts['fps']:.2f}".removesuffix(".00")),
        "rotation": f"{facts['rotation']}°" if facts["rotation"] else None,
        "codec": facts["codec"],
        "purpose": words(f"purpose.{job.request.purpose}"),
        "reference": job.request.reference,
        "submitted": date(job.created_at),
        "finished": date(job.finished_at),
        "job": job_id,
        "sha256": facts["sha256"],
    }
    return _facts("recording", values, words)


def provenance(summary: dict[str, Any], interval_s: float, words: Words) -> Html:
    by = summary["provenance"]
    values = {
        "model": by["model"],
        "engine": by["engine"],
        "detector": by["detector"],
        "policy": summary["score"]["policy"],
        "interval": words.span(interval_s),
        "pipeline": by["pipeline"],
        "mien": by["mien"],
        "model_sha256": by["model_sha256"],
    }
    return _facts("provenance", values, words)


def _facts(group: str, values: dict[str, str | None], words: Words) -> Html:
    rows = [
        h("div", h("dt", words(f"{group}.{name}")), h("dd", value, class_="hash" if "sha256" in name else None))
        for name, value in values.items()
        if value
    ]
    return h("section", h("h2", words(f"{group}.title")), h("dl", *rows, class_="facts"), class_="card")


def warnings(codes: list[str], words: Words) -> Html:
    if not codes:
        return join()
    lines = [words(f"warning.{code}") if words.has(f"warning.{code}") else words("warning.other", code=code)
             for code in codes]  # fmt: skip
    return h("section", h("h2", words("warnings.title")), h("ul", *(h("li", line) for line in lines)), class_="card")
