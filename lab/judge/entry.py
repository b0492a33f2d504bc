"""What a report says of one model, as the dictionaries that `report.json` has under `models`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from lab.judge import calibration
from lab.judge.intervals import bootstrap
from lab.judge.measure import Reading
from lab.judge.metrics import Labels, classes_of, confusion_of, scores_of
from lab.judge.pairs import mcnemar
from lab.models.reading import Probabilities, Reader

Entry = dict[str, Any]


def ready(reader: Reader, reading: Reading, labels: Labels) -> Entry:
    """All figures of a model that read the pictures."""
    probabilities = reading.probabilities
    confusion = confusion_of(labels, answers_of(probabilities))
    table = calibration.reliability(probabilities, labels)
    return {
        **_identity(reader),
        **asdict(scores_of(confusion)),
        "interval": asdict(bootstrap(confusion)),
        "per_class": {emotion: asdict(one) for emotion, one in classes_of(confusion).items()},
        "confusion": confusion.tolist(),
        "ece": calibration.ece(table),
        "nll": calibration.nll(probabilities, labels),
        "fitted_temperature": calibration.fit_temperature([calibration.logits_of(probabilities)], labels),
        "reliability": [asdict(one) for one in table],
        "latency_ms": _latency(reading),
        "faces_per_s": reading.faces_per_s,
    }


def unavailable(reader: Reader) -> Entry:
    """Never a number."""
    return _identity(reader) | {"reason": reader.reason}


def paired(first: Probabilities, second: Probabilities, labels: Labels, against: str) -> Entry:
    """McNemar's test of two models that read the same pictures."""
    return {
        "against": against,
        **asdict(mcnemar(answers_of(first) == labels, answers_of(second) == labels)),
    }


def answers_of(probabilities: Probabilities) -> Labels:
    """(n,) places in EMOTIONS; ties go to the first, as everywhere."""
    return np.asarray(probabilities.argmax(axis=1), dtype=np.int64)


def _identity(reader: Reader) -> Entry:
    return {"model": reader.name, "status": reader.status, "engine": reader.engine, "sha256": reader.sha256}


def _latency(reading: Reading) -> dict[str, float]:
    p50, p95 = np.percentile(reading.per_face_ms, [50, 95])
    return {"p50": float(p50), "p95": float(p95)}
