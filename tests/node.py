"""Packages from npm, for tests that need them: the official client of tus, and what judges accessibility.

Such tests are skipped where node or npm is missing or the registry does not answer;
in continuous integration they have to run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

TUS = "tus-js-client@4.3.1"
AXE = "axe-core@4.14.1"
INSTALL_S = 120.0
IN_CI = "CI" in os.environ
NEEDS_NODE = pytest.mark.skipif(
    not (IN_CI or (shutil.which("node") and shutil.which("npm"))), reason="needs node and npm"
)


def install_package(package: str, folder: Path) -> Path:
    """Make `folder` one from which programs can import the package. Skips the test where the registry is out of reach.

    Raises CalledProcessError, in continuous integration only.
    """
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1", package]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=INSTALL_S)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        if IN_CI:
            raise
        pytest.skip(f"npm gives no {package}: {(error.stderr or error)!s:.500}")
    return folder
