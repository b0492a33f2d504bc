"""The file in an archive that says what the others are."""

from __future__ import annotations

from shared.domain.artifact import Language
from worker.artifacts.material import Material
from worker.artifacts.page.words import Words

FILES: dict[Language, dict[str, str]] = {
    "en": {
        "report.html": "the report to read, to send or to print; opens in any browser",
        "result.json": "score, moments, coverage, means, faces and how they were computed",
        "timeline.csv": "every sample, one row per face, for a table",
        "timeline.ndjson": "every sample with all faces, one JSON object per line",
        "moments/": "the frame in which each moment is clearest, face boxed; not all have one",
        "job.json": "what was asked for, when, and of which recording",
    },
    "ko": {
        "report.html": "읽거나 보내거나 인쇄할 리포트. 어느 브라우저에서나 열립니다",
        "result.json": "점수, 순간, 커버리지, 평균, 얼굴과 계산 방법",
        "timeline.csv": "모든 샘플. 표에서 쓰도록 얼굴마다 한 줄",
        "timeline.ndjson": "모든 샘플과 모든 얼굴. 한 줄에 JSON 객체 하나",
        "moments/": "각 순간이 가장 뚜렷한 장면. 얼굴에 상자를 그렸고, 없는 순간도 있습니다",
        "job.json": "무엇을 언제 어느 녹화로 요청했는지",
    },
}
TIMES: dict[Language, str] = {
    "en": "All times are seconds from the first frame of the recording.",
    "ko": "모든 시각은 녹화의 첫 프레임부터 센 초입니다.",
}


def readme(material: Material) -> str:
    words = Words(material.language)
    files = FILES[material.language]
    lines = [
        f"Mien {material.summary['provenance']['mien']} · {material.job_id}",
        "",
        words("notice"),
        words("notice.more"),
        "",
        *(f"{name:<16} {what}" for name, what in files.items()),
        "",
        TIMES[material.language],
    ]
    return "\n".join(lines) + "\n"
