/** How hands move the chart: keys, clicks, wheel and fingers. Dragging with a mouse is the plot's own. */

const STILL_PX = 5; // a press that moved no further is a click
const PINCH = 200; // pixels of a pinch that zoom by a factor of e

/**
 * @param {HTMLElement} frame around the plot
 * @param {import("./chart.js").MienChart} chart
 */
export function listen(frame, chart) {
  frame.addEventListener("keydown", (event) => onKey(event, chart));
  frame.addEventListener("wheel", (event) => onWheel(event, chart), { passive: false });
  let pressed = 0;
  frame.addEventListener("pointerdown", (event) => (pressed = event.clientX));
  frame.addEventListener("click", (event) => {
    const aside = !event.target.closest(".u-over") || Math.abs(event.clientX - pressed) > STILL_PX;
    if (!aside) chart.onPick?.(chart.where(event.clientX).seconds);
  });
  frame.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch") chart.pan(-event.movementX / chart.where(0).width);
  });
}

function onKey(event, chart) {
  const moves = {
    ArrowLeft: () => chart.step(-1),
    ArrowRight: () => chart.step(1),
    PageUp: () => chart.pan(-0.4),
    PageDown: () => chart.pan(0.4),
    "+": () => chart.scale(0.5),
    "=": () => chart.scale(0.5), // the same key without Shift
    "-": () => chart.scale(2),
    0: () => chart.zoom(0, chart.durationS),
    Enter: () => chart.pick(),
    " ": () => chart.pick(),
  };
  if (!(event.key in moves) || event.ctrlKey || event.metaKey || event.altKey) return;
  moves[event.key]();
  event.preventDefault();
}

/** Sideways scrolling pans; with Ctrl, as a pinch on a touchpad sends it, it zooms. Plain scrolling stays the page's. */
function onWheel(event, chart) {
  const { seconds, width } = chart.where(event.clientX);
  if (event.ctrlKey) chart.scale(Math.exp(event.deltaY / PINCH), seconds);
  else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) chart.pan(event.deltaX / width);
  else return;
  event.preventDefault();
}
