"""Sentences and numbers of the report in the reader's language."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from shared.domain.artifact import Language
from worker.artifacts.page.texts_en import ENGLISH
from worker.artifacts.page.texts_ko import KOREAN

TEXTS: dict[Language, dict[str, str]] = {"en": ENGLISH, "ko": KOREAN}
DASH = "\N{EN DASH}"
TIMES = "\N{MULTIPLICATION SIGN}"
_UNITS = ("B", "kB", "MB", "GB")


class Words:
    def __init__(self, language: Language) -> None:
        self.language = language
        self._texts = TEXTS[language]

    def __call__(self, key: str, **values: Any) -> str:
        return self._texts[key].format(**values)

    def has(self, key: str) -> bool:
        return key in self._texts

    def count(self, key: str, number: int) -> str:
        """The form for one, or the one for several."""
        return self(f"{key}.one" if number == 1 else f"{key}.many", n=number)

    def span(self, seconds: float) -> str:
        """A length in time: "3.5 s" for short ones, m:ss for long ones."""
        if seconds >= 60:
            return clock(seconds)
        return self("unit.seconds", n=f"{seconds:.1f}".removesuffix(".0"))


def clock(seconds: float, digits: int = 0) -> str:
    """A time in the recording as m:ss or h:mm:ss, on demand with tenths."""
    whole = round(max(0.0, seconds) * 10**digits) if digits else int(max(0.0, seconds) + 1e-6)
    rest_s = whole / 10**digits
    hours, minutes = int(rest_s // 3600), int(rest_s // 60) % 60
    rest = f"{rest_s % 60:0{3 + digits if digits else 2}.{digits}f}"
    return f"{hours}:{minutes:02d}:{rest}" if hours else f"{minutes}:{rest}"


def percent(share: float, digits: int = 0) -> str:
    return f"{share:.{digits}%}"


def size(size_bytes: int) -> str:
    step = 0
    while size_bytes >= 1000 ** (step + 1) and step < len(_UNITS) - 1:
        step += 1
    return f"{size_bytes / 1000**step:.{1 if step > 1 else 0}f} {_UNITS[step]}"


def date(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
