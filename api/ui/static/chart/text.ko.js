/** Sentences of the chart. */

export default {
  "chart.title": "시간에 따른 표정",
  "chart.hint": "클릭하면 그 지점부터 재생되고, 끌면 그 구간이 확대됩니다.",
  "chart.hint.touch": "누르면 그 지점부터 재생되고, 밀면 이동합니다. +와 −로 확대·축소하세요.",
  "chart.keys": "키보드에서는 화살표로 이동, Enter로 그 지점부터 재생, +와 −로 확대·축소, 0으로 전체를 봅니다.",
  "chart.label": "{length} 동안의 표정 일곱 가지를 0~100%의 선으로 그린 차트. 감점된 순간 {moments}, 얼굴이 보이지 않은 구간 {gaps}.",
  "chart.gaps": "{n}곳",
  "chart.series": "표시할 표정",
  "chart.in": "확대",
  "chart.out": "축소",
  "chart.earlier": "앞으로",
  "chart.later": "뒤로",
  "chart.all": "전체 보기",
  "chart.key.moment": "감점된 순간",
  "chart.key.gap": "얼굴이 보이지 않음",
  "chart.every": "{interval}마다 하나씩, 모든 샘플을 그렸습니다.",
  "chart.means": "점 하나는 {length} 동안의 평균입니다. 확대하면 모든 샘플이 보입니다.",
  "chart.noface": "얼굴이 보이지 않음",
  "chart.loading": "타임라인을 불러오는 중: {share}",
  "chart.failed": "타임라인을 불러오지 못했습니다. 페이지를 새로 고쳐 주세요.",
  "chart.stacked": "누적",
};
