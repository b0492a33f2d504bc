/** What surrounds the result: warnings, other faces, facts of the recording, provenance. */

import { facts, h } from "../common/dom.js";
import { bytes, clock, moment, number, percent, span } from "../common/format.js";
import { has, t } from "../common/text.js";

const TRACKS = 6;

/** @param {string[]} codes */
export function warnings(codes) {
  const words = codes.map((code) => (has(`warning.${code}`) ? t(`warning.${code}`) : t("warning.other", { code })));
  return codes.length ? h("section", { class: "card warnings" }, h("h2", null, t("warnings.title")), h("ul", null, ...words.map((word) => h("li", null, word)))) : null;
}

/** @param {object[]} all */
export function tracks(all) {
  const ordered = [...all].sort((a, b) => Number(b.primary) - Number(a.primary) || b.samples - a.samples);
  const line = (track) =>
    h(
      "li",
      null,
      h("b", null, track.primary ? t("tracks.primary") : t("tracks.other", { id: track.id })),
      h("span", { class: "muted" }, t("tracks.note", { first: clock(track.first_s), last: clock(track.last_s), times: t("tracks.times", { n: track.samples }) })),
    );
  const rest = ordered.length - TRACKS;
  return h(
    "section",
    { class: "card" },
    h("h2", null, t("tracks.title")),
    h("p", { class: "muted small" }, t(all.length ? "tracks.about" : "tracks.none")),
    h("ul", { class: "tracks" }, ...ordered.slice(0, TRACKS).map(line), rest > 0 && h("li", { class: "muted" }, t("tracks.more", { n: rest }))),
  );
}

const FLAWS = ["dark", "bright", "blurred", "small", "cut_off", "out_of_frame"];

/** How well the face could be seen. @param {object | null} quality null in results of earlier versions */
export function picture(quality) {
  if (!quality) return null;
  const shares = FLAWS.map((code) => [t(`quality.${code}`), quality[code] === null ? null : percent(quality[code])]);
  const height = quality.face_height === null ? null : percent(quality.face_height);
  return h(
    "section",
    { class: "card" },
    h("h2", null, t("quality.title")),
    h("p", { class: "muted small" }, t(quality.advice.length ? "quality.flawed" : "advice.none")),
    facts([...shares, [t("quality.height"), height]]),
  );
}

/** @param {object} result @param {object} job @param {object | null} video */
export function recording({ video: facts_ }, job, video) {
  return h(
    "section",
    { class: "card" },
    h("h2", null, t("recording.title")),
    facts([
      ["recording.file", video?.name],
      ["recording.size", video && bytes(video.size_bytes)],
      ["recording.length", clock(facts_.duration_s, 1)],
      ["recording.picture", `${facts_.width} × ${facts_.height}`],
      ["recording.rate", t("recording.rate.value", { fps: number(facts_.fps, facts_.fps % 1 ? 2 : 0) })],
      ["recording.rotation", facts_.rotation ? `${facts_.rotation}°` : null],
      ["recording.codec", facts_.codec],
      ["recording.purpose", t(`purpose.${job.purpose}`)],
      ["recording.reference", job.reference],
      ["recording.submitted", moment(job.created_at)],
      ["recording.finished", job.finished_at && moment(job.finished_at)],
      ["recording.sha256", hash(facts_.sha256)],
    ].map(([key, value]) => [t(key), value])),
  );
}

/** @param {object} result @param {object} job */
export function provenance({ provenance: by, score }, job) {
  const pairs = ["model", "engine", "detector", "pipeline", "mien", "model_sha256"].map((name) => [t(`provenance.${name}`), name.endsWith("256") ? hash(by[name]) : by[name]]);
  pairs.splice(3, 0, [t("provenance.policy"), score.policy], [t("provenance.interval"), span(job.options.interval_s)]);
  return h("section", { class: "card" }, h("h2", null, t("provenance.title")), facts(pairs));
}

function hash(sum) {
  return h("code", { class: "hash", title: sum }, sum);
}
