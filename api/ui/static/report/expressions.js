/** <mien-expressions>: how much of each expression there was, as bars. */

import { h, s } from "../common/dom.js";
import { EMOTIONS } from "../common/emotions.js";
import { percent } from "../common/format.js";
import { t } from "../common/text.js";

export class MienExpressions extends HTMLElement {
  /** @param {Record<string, number>} means empty without a face */
  show(means) {
    const known = EMOTIONS.filter((emotion) => emotion in means).sort((a, b) => means[b] - means[a]);
    this.replaceChildren(
      h("h2", null, t("means.title")),
      h("p", { class: "muted small" }, t(known.length ? "means.note" : "means.none")),
      h("dl", { class: "bars" }, ...known.map((emotion) => row(emotion, means[emotion]))),
    );
  }
}

function row(emotion, mean) {
  return h("div", null, h("dt", null, t(`emotion.${emotion}`)), h("dd", null, bar(emotion, mean), h("span", { class: "bar-value" }, percent(mean, 1))));
}

function bar(emotion, mean) {
  const part = (kind, width) => s("rect", { class: kind, x: 0, y: 0, height: 10, rx: 5, width });
  return s("svg", { class: "bar", width: "100%", height: 10, "aria-hidden": "true" }, part("bar-rest", "100%"), part(`bar-part of-${emotion}`, `${Math.max(100 * mean, 0.5)}%`));
}

customElements.define("mien-expressions", MienExpressions);
