"""What a client may choose about an analysis; resolved and stored when the job is accepted."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal, get_args

Detector = Literal["tracked", "exhaustive"]
Device = Literal["auto", "cpu", "gpu"]
Faces = Literal["all", "primary"]
Scoring = Literal["standard-1"]

MODEL_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")
FER_MODELS = ("fer", "fer-mirrored")
DEFAULT_MODEL = "mien-net"
BUILT_IN_MODELS = (DEFAULT_MODEL, *FER_MODELS)
MIN_INTERVAL_S = 0.1
MAX_INTERVAL_S = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """Raises ValueError, naming the field, when a value is outside what Mien offers."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "strict": False}

    interval_s: float = 0.5
    model: str = DEFAULT_MODEL
    """One of BUILT_IN_MODELS, or the name of a model folder that this deployment has."""
    detector: Detector = "tracked"
    faces: Faces = "all"
    device: Device = "auto"
    scoring: Scoring = "standard-1"
    keep_video: bool = True
    thumbnails: bool = True

    def __post_init__(self) -> None:
        if not MIN_INTERVAL_S <= self.interval_s <= MAX_INTERVAL_S:
            raise ValueError(f"interval_s must lie between {MIN_INTERVAL_S} and {MAX_INTERVAL_S} seconds")
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in get_args(allowed):
                raise ValueError(f"{name} must be one of {', '.join(get_args(allowed))}")
        if not isinstance(self.model, str) or not MODEL_NAME.fullmatch(self.model):
            raise ValueError("model must be the name of a model: lower case letters, digits, dots and dashes")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


_CHOICES = {"detector": Detector, "faces": Faces, "device": Device, "scoring": Scoring}
