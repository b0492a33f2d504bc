"""Clients that keep submitting recordings, long and short, good and bad, and now and then change their mind."""

from __future__ import annotations

import random
import threading
from pathlib import Path

from tests.chaos.client import Client
from tests.chaos.site import Site
from tests.recordings import Studio

CLIENTS = 4
OPEN_EACH = 3  # jobs that one client waits for at once; more would only make a queue
LOOK_S = 0.2
CANCELED, ERASED = 0.06, 0.04  # of all jobs
PRIORITIES = ("low", "normal", "normal", "normal", "high")


class Crowd:
    def __init__(self, site: Site, folder: Path, seed: int) -> None:
        self.complaints: list[str] = []
        """What a client saw that must not be."""
        self._ending = threading.Event()
        self._members = [
            _Member(site, self, _recordings(folder), random.Random(f"{seed}-{number}")) for number in range(CLIENTS)
        ]

    @property
    def accepted(self) -> int:
        return sum(member.accepted for member in self._members)

    @property
    def ended(self) -> int:
        return sum(member.ended for member in self._members)

    @property
    def is_ending(self) -> bool:
        return self._ending.is_set()

    def begin(self) -> None:
        for member in self._members:
            member.start()

    def end(self) -> None:
        """Submit nothing more; a submission under way may still be accepted once everything stands again."""
        self._ending.set()

    def join(self) -> None:
        for member in self._members:
            member.join()

    def wait(self, seconds: float) -> None:
        self._ending.wait(seconds)


class _Member(threading.Thread):
    def __init__(self, site: Site, crowd: Crowd, recordings: list[Path], rng: random.Random) -> None:
        super().__init__(name="client", daemon=True)
        self.accepted = self.ended = 0
        self._client = Client(site.fleet.url, site.ground.key, site.journal)
        self._crowd = crowd
        self._recordings = recordings
        self._rng = rng
        self._open: list[str] = []

    def run(self) -> None:
        try:
            while not self._crowd.is_ending:
                if len(self._open) < OPEN_EACH:
                    self._submit()
                self._look()
                self._crowd.wait(LOOK_S)
        except AssertionError as error:
            self._crowd.complaints.append(f"client: {error}")
        finally:
            self._client.close()

    def _submit(self) -> None:
        recording, priority = self._rng.choice(self._recordings), self._rng.choice(PRIORITIES)
        job_id = self._client.submit(recording, fields={"priority": priority})
        self.accepted += 1
        self._open.append(job_id)
        mood = self._rng.random()
        if mood < CANCELED:
            self._client.cancel(job_id)
        elif mood < CANCELED + ERASED:
            self._client.erase(job_id)

    def _look(self) -> None:
        for job_id in list(self._open):
            if self._client.is_over(job_id):
                self.ended += 1
                self._open.remove(job_id)


def _recordings(folder: Path) -> list[Path]:
    """Mostly good ones; each is made once."""
    studio = Studio(folder)
    small = {"fps": 10, "width": 320, "height": 180}
    bad = [
        studio.write("text.mp4", b"this is no recording, whatever its name says"),
        studio.cut_off(0.5, duration_s=6.0, **small),
    ]
    good = [
        studio.record(duration_s=6.0, **small),
        studio.record(duration_s=2.0, **small),
        studio.looped(15, duration_s=6.0, **small),
        studio.looped(8, duration_s=6.0, **small),
    ]
    return [*good, *good, *bad]
