"""`python -m cli`, which is what `./mien` runs."""

from __future__ import annotations

import sys
from pathlib import Path

# The Python client is a project of its own, and lies beside this one rather than being installed.
sys.path.append(str(Path(__file__).resolve().parents[1] / "client" / "src"))

from cli.main import main

if __name__ == "__main__":
    main()
