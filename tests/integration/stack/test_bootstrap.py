"""The script `mien`, in a copy of the project that has no packages to install."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
TOOLS = ("awk", "cat", "cksum", "dirname", "env", "flock", "grep", "mkdir", "mv", "readlink", "rm", "sed", "sh")
STUB = "import os, sys; print(os.getcwd(), *sys.argv[1:], sep='|')"
OLD = "#!/bin/sh\nexit 1\n"
WITHOUT_VENV = """#!/bin/sh
case $2 in *version_info*) echo 3.11 ;; *) exit 1 ;; esac
"""


def new_project(root: Path) -> Path:
    (root / "cli").mkdir(parents=True)
    (root / "cli" / "__main__.py").write_text(STUB)
    for lock in ("requirements.lock", "requirements-dev.lock"):
        (root / lock).write_text("# nothing\n")
    shutil.copy(ROOT / "mien", root / "mien")
    return root


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    return new_project(tmp_path / "a project")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = new_project(tmp_path_factory.mktemp("prepared") / "project")
    start(root / "mien")
    return root


@pytest.fixture
def project(prepared: Path, tmp_path: Path) -> Path:
    """One that has its .venv already, copied because making it takes seconds."""
    return shutil.copytree(prepared, tmp_path / "a project", symlinks=True)


def start(script: Path, *arguments: str, cwd: Path = Path("/"), **environment: str) -> subprocess.CompletedProcess[str]:
    merged = {**os.environ, "MIEN_PYTHON": sys.executable, **environment}
    return subprocess.run([script, *arguments], cwd=cwd, env=merged, capture_output=True, text=True, check=False)


def path_with(directory: Path, python: str) -> str:
    """A search path with the tools that the script uses and one stand-in for Python."""
    directory.mkdir()
    for tool in TOOLS:
        if found := shutil.which(tool):
            (directory / tool).symlink_to(found)
    (directory / "python3").write_text(python)
    (directory / "python3").chmod(0o755)
    return str(directory)


def test_the_command_runs_in_the_users_directory_with_the_users_arguments(project: Path, tmp_path: Path) -> None:
    done = start(project / "mien", "run", "my video.mp4", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"{tmp_path}|run|my video.mp4\n"), done.stderr


def test_a_first_start_prepares_and_a_second_has_nothing_to_say(fresh: Path) -> None:
    assert "preparing" in start(fresh / "mien").stderr
    assert start(fresh / "mien").stderr == ""


def test_packages_are_installed_again_when_the_lock_changes(project: Path) -> None:
    (project / "requirements.lock").write_text("# another nothing\n")
    assert "up to date" in start(project / "mien").stderr
    assert start(project / "mien").stderr == ""


def test_tests_bring_packages_of_their_own_and_other_commands_stay_content(project: Path) -> None:
    assert "up to date" in start(project / "mien", "test").stderr
    assert start(project / "mien", "test").stderr == ""
    assert start(project / "mien", "run").stderr == ""


def test_an_interrupted_installation_is_repeated(project: Path) -> None:
    (project / "requirements.lock").write_text("no-such-package==1 --hash=sha256:" + "0" * 64 + "\n")
    failed = start(project / "mien", PIP_NO_INDEX="1")
    assert failed.returncode == 1
    assert "could not be installed" in failed.stderr
    (project / "requirements.lock").write_text("# nothing\n")
    assert start(project / "mien").returncode == 0


def test_starts_at_the_same_time_install_once(fresh: Path) -> None:
    environment = {**os.environ, "MIEN_PYTHON": sys.executable}
    both = [
        subprocess.Popen([fresh / "mien"], env=environment, stdout=-1, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = "".join(one.communicate()[1] for one in both)
    assert [one.returncode for one in both] == [0, 0]
    assert said.count("400 MB") == 1


def test_a_link_elsewhere_and_a_users_python_settings_change_nothing(project: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(project / "mien")
    (tmp_path / "cli").mkdir()
    (tmp_path / "cli" / "__main__.py").write_text("print('shadowed')")
    hostile = {"PYTHONHOME": "/nonexistent", "PYTHONPATH": str(tmp_path), "VIRTUAL_ENV": "/x", "PIP_TARGET": "/x"}
    assert start(tmp_path / "link", "run", cwd=tmp_path, **hostile).stdout == f"{tmp_path}|run\n"


def test_a_python_that_is_too_old_is_named_with_the_cure(fresh: Path, tmp_path: Path) -> None:
    path = path_with(tmp_path / "bin", OLD)
    done = start(fresh / "mien", PATH=path, MIEN_PYTHON="")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Python 3.11, 3.12 or 3.13 is needed" in done.stderr


def test_a_python_without_venv_is_named_with_the_cure(fresh: Path, tmp_path: Path) -> None:
    path = path_with(tmp_path / "bin", WITHOUT_VENV)
    done = start(fresh / "mien", PATH=path, MIEN_PYTHON="")
    assert (done.returncode, done.stdout) == (1, "")
    assert "apt-get install python3-venv" in done.stderr


def test_a_chosen_python_that_will_not_do_is_named(fresh: Path) -> None:
    done = start(fresh / "mien", MIEN_PYTHON="/nonexistent/python")
    assert (done.returncode, done.stdout) == (1, "")
    assert "MIEN_PYTHON (/nonexistent/python)" in done.stderr
