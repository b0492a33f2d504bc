"""docker-compose.yml and the Dockerfile, held against the code that they start."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from cli.main import create_app
from shared.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
every_service = pytest.mark.parametrize("name", SERVICES)
each_of_ours = pytest.mark.parametrize("name", OURS)


def test_all_processes_of_a_deployment_are_there() -> None:
    assert set(SERVICES) == {"postgres", "valkey", "migrate", "api", "worker", "worker-gpu", "sweep"}


@each_of_ours
def test_every_command_is_one_of_the_command_line(name: str) -> None:
    assert OURS[name]["command"][0] in get_command(create_app()).commands  # type: ignore[attr-defined]


@pytest.mark.parametrize("file", ["docker-compose.yml", "Dockerfile"])
def test_every_variable_is_a_setting(file: str) -> None:
    named = set(re.findall(r"MIEN_[A-Z_]+", (ROOT / file).read_text()))
    assert named <= {f"MIEN_{field.upper()}" for field in Settings.model_fields}


@each_of_ours
def test_the_settings_of_every_service_are_accepted(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mien_database_url").write_text("postgresql+psycopg2://mien:secret@postgres/mien")
    monkeypatch.setenv("MIEN_SECRETS_DIR", str(tmp_path))
    for variable, value in OURS[name]["environment"].items():
        monkeypatch.setenv(variable, re.sub(r"\$\{\w+:-(.*)\}", r"\1", value))
    assert load_settings().database_url.endswith("@postgres/mien")


@every_service
def test_whatever_is_waited_for_is_healthy_or_done(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        wanted = "service_completed_successfully" if SERVICES[other].get("restart") == "no" else "service_healthy"
        assert how["condition"] == wanted
        assert wanted != "service_healthy" or "healthcheck" in SERVICES[other]


@every_service
def test_every_container_has_no_more_rights_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert int(service["user"].partition(":")[0]) > 0


@every_service
def test_every_image_is_pinned(name: str) -> None:
    tag = SERVICES[name]["image"].partition(":")[2]
    assert re.match(r"\d+\.\d+", tag)


def test_every_base_image_is_pinned() -> None:
    images = re.findall(r"^FROM (\S+:\S+)", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    assert images
    assert all(re.search(r":\d+\.\d+\.\d+", image) for image in images)


@every_service
def test_secrets_are_files_and_never_variables(name: str) -> None:
    variables = SERVICES[name].get("environment", {})
    assert not [variable for variable in variables if re.search("PASSWORD$|SECRET$|KEY$|DATABASE_URL$", variable)]
    assert set(SERVICES[name].get("secrets", [])) <= set(COMPOSE["secrets"])


@every_service
def test_only_the_api_is_published_and_only_on_loopback(name: str) -> None:
    ports = SERVICES[name].get("ports", [])
    assert bool(ports) == (name == "api")
    assert all(port.startswith("127.0.0.1:") for port in ports)


@every_service
def test_every_volume_and_network_is_declared(name: str) -> None:
    mounted = {volume.partition(":")[0] for volume in SERVICES[name].get("volumes", [])}
    assert mounted <= set(COMPOSE["volumes"])
    assert set(SERVICES[name]["networks"]) <= set(COMPOSE["networks"])


def test_a_stopping_worker_has_longer_than_it_gives_its_steps() -> None:
    for name in ("worker", "worker-gpu"):
        given_s = float(SERVICES[name]["environment"]["MIEN_GRACE_S"])
        assert float(SERVICES[name]["stop_grace_period"].removesuffix("s")) > given_s


def test_only_the_gpu_worker_reserves_a_device_and_only_when_asked_for() -> None:
    reserved = [name for name, service in SERVICES.items() if "devices" in repr(service.get("deploy"))]
    assert reserved == ["worker-gpu"]
    assert SERVICES["worker-gpu"]["profiles"] == ["gpu"]


@each_of_ours
def test_every_target_is_a_stage_of_the_dockerfile(name: str) -> None:
    stages = re.findall(r"^FROM \S+ AS (\S+)", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    assert OURS[name]["build"]["target"] in stages


def test_the_image_holds_every_package_that_the_processes_import() -> None:
    copied = re.findall(r"^COPY (\w+) \w+$", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    allowed = re.findall(r"^!(\w+)$", (ROOT / ".dockerignore").read_text(), flags=re.MULTILINE)
    assert copied == allowed == ["api", "cli", "migrations", "shared", "worker"]


def test_the_gpu_packages_are_those_of_the_base_wherever_both_name_one() -> None:
    base, gpu = (pins(ROOT / f"requirements{kind}.lock") for kind in ("", "-gpu"))
    assert "tensorflow" in gpu
    assert {name: versions for name, versions in gpu.items() if name in base and not versions <= base[name]} == {}


def pins(lock: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", lock.read_text(), flags=re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found
