from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from itertools import chain

import pandas as pd

from mien import FaceQuality, Sample, frame_of
from mien.decode import decode
from shared.domain import samples as stored
from shared.domain.emotions import EMOTIONS
from shared.domain.timeline import CSV_COLUMNS, csv_rows, sample_json
from tests.unit.cli.test_boundaries import ROOT

FACES = tuple(
    stored.Face(
        track=track,
        box=stored.Box(x=10 * track, y=5, width=50, height=60),
        probabilities=(0.1, 0.0, 0.2, 0.4, 0.1, 0.1, 0.1),
        brightness=136 if track else None,
        sharpness=118 if track else None,
    )
    for track in range(2)
)
SAMPLES = [
    stored.Sample(number=0, t_s=0.0, status="no_face"),
    stored.Sample(number=1, t_s=0.5, status="face", faces=FACES),
    stored.Sample(number=2, t_s=1.0, status="unreadable"),
]


def as_told() -> list[Sample]:
    """Over the wire and back."""
    return [decode(Sample, json.loads(json.dumps(sample_json(sample, primary=0)))) for sample in SAMPLES]


def test_a_table_has_the_rows_of_the_csv() -> None:
    frame = frame_of(as_told())
    text = io.StringIO()
    csv.writer(text).writerows(chain([CSV_COLUMNS], csv_rows(SAMPLES, primary=0)))
    expected = pd.read_csv(io.StringIO(text.getvalue()))

    assert len(frame) == len(expected) == 4
    for name in ("t_s", "sample", *EMOTIONS):
        assert frame[name].astype("float64").equals(expected[name].astype("float64")), name
    assert frame["track"].tolist() == [pd.NA, 0, 1, pd.NA]
    assert frame["primary"].tolist() == [False, True, False, False]
    assert frame["status"].tolist() == ["no_face", "face", "face", "unreadable"]
    assert frame["dominant"].tolist()[1:3] == ["happy", "happy"]


def test_a_face_says_how_good_its_picture_was_where_that_was_measured() -> None:
    older, measured = as_told()[1].faces
    assert older.quality is None
    assert measured.quality == FaceQuality(brightness=136, sharpness=118)


def test_a_table_of_nothing_has_the_same_columns_and_types() -> None:
    assert (frame_of([]).dtypes == frame_of(as_told()).dtypes).all()


def test_pandas_is_loaded_only_for_a_table() -> None:
    source = "import sys; import mien; print('pandas' in sys.modules)"
    path = str(ROOT / "client" / "src")
    done = subprocess.run(
        [sys.executable, "-P", "-c", source], env={"PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
