"""A recording that is to be written anew, with what is known of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from shared.domain.limits import MediaLimits
from shared.domain.plan import Plan
from worker.pipeline.container import Recording


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    picture: Recording
    sound: Recording
    """The same file, opened once more: see `worker.pipeline.sound`."""
    plan: Plan
    damaged: bool
    """Whether some of it is known not to decode. Players stop there; coded anew, it is passed over."""

    @property
    def start_s(self) -> Fraction:
        """What is time zero, on the clock of the recording."""
        return self.plan.start_pts * self.plan.time_base


@contextmanager
def open_source(path: Path, limits: MediaLimits, plan: Plan, *, damaged: bool) -> Iterator[Source]:
    """Raises MediaError."""
    with Recording(path, limits) as picture, Recording(path, limits) as sound:
        yield Source(picture=picture, sound=sound, plan=plan, damaged=damaged)
