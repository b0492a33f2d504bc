/** <mien-score>: the headline number with how it came about, and the facts to judge it by. */

import { h, s } from "../common/dom.js";
import { number, percent, span } from "../common/format.js";
import { t } from "../common/text.js";

const RADIUS = 54;
const ROUND = 2 * Math.PI * RADIUS;

export class MienScore extends HTMLElement {
  /** @param {object} result @param {number} intervalS */
  show(result, intervalS) {
    const { value, policy } = result.score;
    this.replaceChildren(
      h(
        "section",
        { class: "card score", "aria-labelledby": "score-title" },
        ring(value),
        h(
          "div",
          { class: "score-words" },
          h("h2", { id: "score-title" }, value === null ? t("score.none") : t("score.title")),
          h("p", { class: "lead" }, value === null ? whyNone(result) : howCome(result, intervalS)),
          h("p", { class: "muted small" }, t("score.policy", { policy })),
        ),
      ),
      h("section", { class: "tiles", "aria-label": t("facts.title") }, ...tiles(result)),
    );
  }
}

/** Seconds in moments. @param {object[]} moments */
export const lengthOf = (moments) => moments.reduce((sum, moment) => sum + moment.end_s - moment.start_s, 0);

function howCome({ score, moments, coverage }, intervalS) {
  const seen = span(coverage.with_face * intervalS);
  if (!moments.length) return t("score.clear", { seen });
  const n = moments.length;
  const share = percent((100 - score.value) / 100, 1);
  return t("score.cost", { n, moments: t("score.moments", { n }), length: span(lengthOf(moments)), seen, share });
}

function whyNone({ score, coverage }) {
  return t(`reason.${score.reason}`, { ratio: percent(coverage.ratio, coverage.ratio < 0.1 ? 1 : 0) });
}

function ring(value) {
  const circle = (kind, more) => s("circle", { class: kind, cx: 64, cy: 64, r: RADIUS, ...more });
  const label = value === null ? t("score.none") : t("score.label", { value: number(value, 1) });
  return s(
    "svg",
    { class: "ring", viewBox: "0 0 128 128", role: "img", "aria-label": label },
    circle("ring-rest"),
    value > 0 && circle("ring-part", { "stroke-dasharray": `${(value / 100) * ROUND} ${ROUND}`, transform: "rotate(-90 64 64)" }),
    s("text", { class: "ring-value", x: 64, y: 71, "text-anchor": "middle" }, value === null ? "–" : number(value, 1)),
    value !== null && s("text", { class: "ring-of", x: 64, y: 89, "text-anchor": "middle" }, t("score.of")),
  );
}

function tiles({ coverage, moments, score }) {
  const { samples, with_face: seen, unreadable, ratio, longest_gap_s: gap } = coverage;
  const all = number(samples);
  return [
    tile("face", percent(ratio, ratio > 0.99 && ratio < 1 ? 1 : 0), t("facts.face.note", { seen: number(seen), all })),
    tile("gap", span(gap), gap ? t("facts.gap.note") : t("facts.gap.none")),
    tile("moments", score.value === null ? "–" : number(moments.length), momentsNote(moments, score)),
    tile("unreadable", number(unreadable), unreadable ? t("facts.unreadable.note", { all }) : t("facts.unreadable.none")),
  ];
}

function momentsNote(moments, score) {
  if (score.value === null) return t("facts.moments.unknown");
  return moments.length ? t("facts.moments.note", { length: span(lengthOf(moments)) }) : t("facts.moments.none");
}

function tile(name, value, note) {
  return h("div", { class: "card tile" }, h("h3", null, t(`facts.${name}`)), h("p", { class: "big" }, value), h("p", { class: "muted small" }, note));
}

customElements.define("mien-score", MienScore);
