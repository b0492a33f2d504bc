"""A model that the deployment was given: named by a job, computed by the worker, said in the provenance."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.run import start
from cli.stack.stack import EmbeddedStack
from mien import Client, RequestProblem
from tests.acceptance.conftest import QUICK
from tests.acceptance.test_service import end_of
from tests.integration.pipeline.test_folder_models import FER
from worker.pipeline import litert
from worker.pipeline.folder import read_card
from worker.pipeline.shipped import MODEL_FOLDERS


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    folder = tmp_path_factory.mktemp("model")
    (folder / "model.json").write_text(json.dumps(FER))
    shutil.copy(litert.fer_weights(), folder / "fer.tflite")
    with EmbeddedStack(tmp_path_factory.mktemp("home"), port=0, analysers=1) as stack:
        start(stack, stack.home.path, {**QUICK, "MIEN_MODELS": str(folder)})
        yield stack


def test_a_job_may_name_a_model_of_the_deployment(client: Client, recording: Path) -> None:
    jobs = [client.submit(recording, options={"model": name}) for name in ("fer", "fer-again")]
    assert [end_of(client, job.id).state for job in jobs] == ["succeeded", "succeeded"]
    by_fer, again = (client.result(job.id) for job in jobs)
    assert by_fer.provenance["model"] == "fer"
    assert again.provenance["model"] == "fer-again"
    assert again.provenance["model_sha256"] == litert.FER_SHA256
    assert again.score == by_fer.score


def test_a_job_that_names_no_model_is_read_by_miens_own(client: Client, recording: Path) -> None:
    named, unnamed = client.submit(recording, options={"model": "mien-net"}), client.submit(recording)
    assert [end_of(client, job.id).state for job in (named, unnamed)] == ["succeeded", "succeeded"]
    card = read_card(MODEL_FOLDERS["mien-net"])
    for result in (client.result(named.id), client.result(unnamed.id)):
        assert result.provenance["model"] == "mien-net"
        assert result.provenance["model_sha256"] == card.weights["litert"].sha256


def test_a_model_that_nobody_has_is_refused_with_those_there_are(client: Client, recording: Path) -> None:
    with pytest.raises(RequestProblem, match="there are fer, fer-again, fer-mirrored, mien-net"):
        client.submit(recording, options={"model": "mini-xception"})
