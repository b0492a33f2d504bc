"""The model folders that come with Mien."""

from __future__ import annotations

from pathlib import Path

from shared.domain.options import DEFAULT_MODEL

MODEL_FOLDERS = {DEFAULT_MODEL: Path(__file__).parent / "weights" / DEFAULT_MODEL}
"""By name."""
