/** Boxes round the faces and the expression of the main one, drawn over the playing picture. */

import { DASHES, EMOTIONS, palette } from "../common/emotions.js";
import { percent } from "../common/format.js";
import { t } from "../common/text.js";

const LINE_PX = 2.5;
const FONT_PX = 14;
const PAD_PX = 6;

export class Overlay {
  #timeline = null;
  #shown = true;

  /**
   * @param {HTMLVideoElement} video
   * @param {{width: number, height: number}} facts the upright picture, in whose pixels boxes are given
   */
  constructor(video, { width, height }) {
    Object.assign(this, { video, width, height });
    this.canvas = document.createElement("canvas");
    this.canvas.className = "overlay";
    this.canvas.setAttribute("aria-hidden", "true"); // the chart says the same in words
    for (const event of ["timeupdate", "seeked", "play"]) video.addEventListener(event, () => this.draw());
    new ResizeObserver(() => this.draw()).observe(video);
    this.#everyFrame();
  }

  /** @param {import("../chart/timeline.js").Timeline} timeline */
  use(timeline) {
    this.#timeline = timeline;
    this.draw();
  }

  /** @param {boolean} wanted */
  show(wanted) {
    this.#shown = wanted;
    this.draw();
  }

  /** With each frame of the picture where the browser tells of them, else a few times a second. */
  #everyFrame() {
    this.video.requestVideoFrameCallback?.(() => {
      this.draw();
      this.#everyFrame();
    });
  }

  draw() {
    const { clientWidth, clientHeight } = this.video;
    const dot = devicePixelRatio;
    this.canvas.width = clientWidth * dot;
    this.canvas.height = clientHeight * dot;
    if (!this.#shown || !this.#timeline?.times.length || !this.video.videoWidth) return;
    const context = this.canvas.getContext("2d");
    const scale = Math.min(clientWidth / this.width, clientHeight / this.height) * dot;
    const [left, top] = [(this.canvas.width - this.width * scale) / 2, (this.canvas.height - this.height * scale) / 2];
    const colours = palette();
    for (const face of this.#facesAt(this.video.currentTime)) {
      const [x, y, width, height] = face.box.map((side) => side * scale);
      drawFace(context, face, { x: left + x, y: top + y, width, height }, colours, dot);
    }
  }

  /** Those of the sample that is shown, on their way to where the next one found them. */
  #facesAt(seconds) {
    const { times, faces } = this.#timeline;
    const at = this.#timeline.at(seconds);
    const next = faces[at + 1] ?? [];
    const share = times[at + 1] > times[at] ? Math.min(Math.max((seconds - times[at]) / (times[at + 1] - times[at]), 0), 1) : 0;
    return faces[at].map((face) => ({ ...face, box: between(face, next.find((one) => one.track === face.track), share) }));
  }
}

function between(face, next, share) {
  return next ? face.box.map((side, i) => side + share * (next.box[i] - side)) : face.box;
}

function drawFace(context, face, { x, y, width, height }, colours, dot) {
  const strongest = face.emotions.indexOf(Math.max(...face.emotions));
  const emotion = EMOTIONS[strongest];
  context.strokeStyle = face.primary ? colours[emotion] : colours.gap;
  context.lineWidth = LINE_PX * dot;
  context.setLineDash((face.primary ? (DASHES[emotion] ?? []) : [4, 4]).map((length) => length * 1.5 * dot));
  context.strokeRect(x, y, width, height);
  if (face.primary) drawLabel(context, `${t(`emotion.${emotion}`)} ${percent(face.emotions[strongest])}`, x, y, dot);
}

/** Light on dark whatever the picture shows, so that it can always be read. */
function drawLabel(context, words, x, y, dot) {
  const [size, pad] = [FONT_PX * dot, PAD_PX * dot];
  context.font = `600 ${size}px system-ui, sans-serif`;
  const width = context.measureText(words).width + 2 * pad;
  const height = size + 1.2 * pad;
  const top = y > height ? y - height : y;
  const left = Math.max(0, Math.min(x, context.canvas.width - width));
  context.fillStyle = "rgb(0 0 0 / 78%)";
  context.fillRect(left, top, width, height);
  context.fillStyle = "#fff";
  context.textBaseline = "middle";
  context.fillText(words, left + pad, top + height / 2);
}
