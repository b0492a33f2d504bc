/** What is painted on the chart besides its lines. All sizes are device pixels, as the canvas has them. */

const HATCH_PX = 7;
const CROWDED_PX = 5; // a number over a bar thinner than this would stand for its neighbours too

/** Behind the lines: hatched gaps and tinted moments. */
export function drawBelow(u, chart, colours) {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const [from, to] of chart.timeline.gaps) hatch(u, extent(u, from, to), colours.gap);
  chart.moments.forEach((moment, i) => {
    const [left, width] = extent(u, moment.start_s, moment.end_s);
    ctx.globalAlpha = i === chart.selected ? 0.3 : 0.16;
    ctx.fillStyle = colours[moment.emotion];
    ctx.fillRect(left, bbox.top, width, bbox.height);
  });
  ctx.restore();
}

/** Above the lines: a bar over each moment, and its number where there is room. */
export function drawAbove(u, chart, colours) {
  const { ctx, bbox } = u;
  const dot = devicePixelRatio;
  ctx.save();
  ctx.font = `600 ${11 * dot}px system-ui, sans-serif`;
  ctx.textAlign = "center";
  let free = bbox.left;
  chart.moments.forEach((moment, i) => {
    const [left, width] = extent(u, moment.start_s, moment.end_s);
    const [from, to] = [Math.max(left, bbox.left), Math.min(left + width, bbox.left + bbox.width)];
    if (to <= from) return;
    ctx.fillStyle = colours[moment.emotion];
    ctx.fillRect(from, bbox.top - 3 * dot, to - from, 3 * dot);
    const label = String(i + 1);
    const [middle, half] = [(from + to) / 2, ctx.measureText(label).width / 2 + 2 * dot];
    if (middle - half < free || to - from < CROWDED_PX * dot) return;
    ctx.fillStyle = colours.muted;
    ctx.fillText(label, middle, bbox.top - 6 * dot);
    free = middle + half;
  });
  ctx.restore();
}

/** Left edge and width of a stretch of time, at least wide enough to be seen. */
function extent(u, from, to) {
  const left = u.valToPos(from, "x", true);
  return [left, Math.max(u.valToPos(to, "x", true) - left, devicePixelRatio)];
}

function hatch({ ctx, bbox }, [left, width], colour) {
  const [start, end] = [Math.max(left, bbox.left), Math.min(left + width, bbox.left + bbox.width)];
  if (end <= start) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(start, bbox.top, end - start, bbox.height);
  ctx.clip();
  ctx.strokeStyle = colour;
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  const step = HATCH_PX * devicePixelRatio;
  for (let x = Math.floor((start - bbox.height) / step) * step; x < end; x += step) {
    ctx.moveTo(x, bbox.top + bbox.height);
    ctx.lineTo(x + bbox.height, bbox.top);
  }
  ctx.stroke();
  ctx.restore();
}
