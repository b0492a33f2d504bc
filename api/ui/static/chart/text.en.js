/** Sentences of the chart. */

export default {
  "chart.title": "Expression over time",
  "chart.hint": "Click to play from there, drag to zoom in.",
  "chart.hint.touch": "Tap to play from there, drag to move along; + and − zoom.",
  "chart.keys": "With the keyboard: arrows move, Enter plays from there, + and − zoom, 0 shows everything.",
  "chart.label": "Seven lines, one per expression, between 0 and 100% over {length}. {moments}, {gaps} without the face.",
  "chart.gaps": ({ n }) => (n === 0 ? "no stretch" : n === 1 ? "one stretch" : `${n} stretches`),
  "chart.series": "Shown expressions",
  "chart.in": "Zoom in",
  "chart.out": "Zoom out",
  "chart.earlier": "Earlier",
  "chart.later": "Later",
  "chart.all": "Whole recording",
  "chart.key.moment": "moment that cost points",
  "chart.key.gap": "face not in view",
  "chart.every": "Every sample is drawn, one each {interval}.",
  "chart.means": "Each point is the mean over {length}. Zoom in to see every sample.",
  "chart.noface": "face not in view",
  "chart.loading": "Loading the timeline: {share}",
  "chart.failed": "The timeline could not be loaded. Reload the page to try again.",
  "chart.stacked": "Stacked",
};
