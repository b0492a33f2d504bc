"""Puts the report together, piece by piece, as its pictures may be large."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from worker.artifacts.material import Material
from worker.artifacts.page import sections
from worker.artifacts.page.chart import Series, chart, legend
from worker.artifacts.page.markup import Html, h, join
from worker.artifacts.page.words import Words

STYLE = Path(__file__).with_name("report.css")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
"""Of the file itself, wherever it is opened: even if something got into it, it could reach nothing."""


def report_pieces(material: Material) -> Iterator[str]:
    """The whole file. Nothing of a client's becomes markup: see `page.markup`."""
    words, summary = Words(material.language), material.summary
    interval_s = material.job.request.options.interval_s
    yield f'<!doctype html>\n<html lang="{words.language}">\n'
    yield _head(material, words)
    yield "<body>\n<main>\n"
    yield _heading(material, words)
    yield sections.score(summary, interval_s, words)
    yield sections.coverage(summary, words)
    yield sections.picture(summary, words)
    yield sections.warnings(summary["warnings"], words)
    yield _chart(material, words)
    yield from _moments(material, words)
    yield sections.means(summary, words)
    yield sections.tracks(summary, words)
    yield sections.recording(summary, material.job, material.job_id, material.video, words)
    yield sections.provenance(summary, interval_s, words)
    yield join(Html("</main>\n"), h("footer", words("footer")), Html("\n</body>\n</html>\n"))


def _head(material: Material, words: Words) -> Html:
    name = material.video.original_name or material.job_id
    return h(
        "head",
        h("meta", charset="utf-8"),
        h("meta", http_equiv="Content-Security-Policy", content=POLICY),
        h("meta", name="viewport", content="width=device-width, initial-scale=1"),
        h("meta", name="color-scheme", content="light dark"),
        h("title", f"{words('title')} · {name}"),
        h("style", Html(STYLE.read_text(encoding="utf-8"))),
    )


def _heading(material: Material, words: Words) -> Html:
    name = material.video.original_name or material.job_id
    notice = h("p", h("b", words("notice")), " ", words("notice.more"), class_="notice")
    return h("header", h("p", words("brand"), " · ", words("subtitle"), class_="small"), h("h1", name), notice)


def _chart(material: Material, words: Words) -> Html:
    interval_s = material.job.request.options.interval_s
    series = Series(material.summary["coverage"]["samples"], interval_s)
    series.collect(material.samples(), material.result.primary_track)
    grain = series.samples_each * interval_s
    note = words("chart.every", interval=words.span(interval_s)) if series.samples_each <= 1 else words(
        "chart.means", length=words.span(round(grain, 1)))  # fmt: skip
    drawn = chart(series, material.summary["moments"], words)
    return h("section", h("h2", words("chart.title")), h("div", drawn, class_="wide"), legend(words), h("p", note, class_="small"),
             class_="card")  # fmt: skip


def _moments(material: Material, words: Words) -> Iterator[str]:
    moments = material.summary["moments"]
    yield f'<section class="card">{h("h2", words("moments.title"))}'
    if moments:
        yield '<ul class="moments">'
        for number, about in enumerate(moments):
            yield sections.moment(number, about, material.picture(number), words)
        yield "</ul>"
    else:
        yield sections.no_moments(material.summary, words)
    yield "</section>"
