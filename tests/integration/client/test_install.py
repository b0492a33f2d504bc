"""The client as somebody else installs it: built, put into an empty environment, and used there."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from cli.stack.stack import ROOT
from tests.integration.client.conftest import Server

USE = """
import sys
import mien

with mien.Client(sys.argv[1], sys.argv[2], trust_env=False) as client:
    print(mien.__version__, sum(1 for job in client.jobs(reference="nobody")))
    print(*sorted({"fastapi", "pydantic", "sqlalchemy", "rich", "typer", "pandas", "shared", "api"} & set(sys.modules)))
"""


def build(folder: Path) -> Path:
    """A wheel of the client, made from a copy, with what is installed here."""
    source = shutil.copytree(
        ROOT / "client", folder / "client", ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info")
    )
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--wheel-dir", folder, source], check=True, capture_output=True, text=True)
    return next(folder.glob("mien_client-*.whl"))


def needed_by(names: list[str]) -> set[str]:
    """Distributions that these need, and those that they need."""
    found: set[str] = set()
    while names:
        name = names.pop()
        if name not in found:
            found.add(name)
            wanted = [Requirement(text) for text in distribution(name).requires or ()]
            names += [one.name for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    return found


def site_packages_of(environment: Path) -> Path:
    return next(environment.glob("lib/python*/site-packages"))


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """An environment with the client and what it says it needs, and nothing else."""
    environment = tmp_path / "environment"
    venv.create(environment, symlinks=True)
    target = site_packages_of(environment)
    with zipfile.ZipFile(build(tmp_path)) as wheel:
        wheel.extractall(target)
    project = tomllib.loads((ROOT / "client" / "pyproject.toml").read_text())["project"]
    for name in needed_by([Requirement(text).name for text in project["dependencies"]]):
        for file in distribution(name).files or ():
            if file.parts[0] != ".." and "__pycache__" not in file.parts:
                (target / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(file.locate()), target / file)
    return environment / "bin" / "python"


def test_the_client_works_where_nothing_of_the_server_is(server: Server, python: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [python, "-c", USE, server.url, server.key], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["0.1.0 0", ""]


def test_a_wheel_holds_the_types_and_the_licence(tmp_path: Path) -> None:
    with zipfile.ZipFile(build(tmp_path)) as wheel:
        names = set(wheel.namelist())
    assert "mien/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {name.partition("/")[0] for name in names} == {"mien", "mien_client-0.1.0.dist-info"}
