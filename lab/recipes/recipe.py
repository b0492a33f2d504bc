"""What a recipe says: a network, what its pictures go through, and the stages in which it learns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Augmentation:
    """How far a picture may be changed at random, before a network sees it; zero leaves it as it is."""

    flipped: float = 0.0
    """Share of pictures that are mirrored."""
    turned_degrees: float = 0.0
    zoomed: float = 0.0
    """Up to so much smaller or larger, as a fraction."""
    shifted: float = 0.0
    """Up to so far in each direction, as a fraction of the side."""
    contrast: float = 0.0
    brightness: float = 0.0
    """As a fraction of the full range."""
    erased: float = 0.0
    """Share of pictures in which a rectangle is replaced by noise (random erasing, arXiv 1708.04896)."""
    mixed: float = 0.0
    """Share of batches in which pictures and labels are mixed in pairs (mixup, arXiv 1710.09412)."""
    mixing_alpha: float = 0.3
    """Of the beta distribution that mixup draws from."""
    mixed_until: float = 1.0
    """The last part of the training sees unmixed pictures."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """Some epochs with one optimiser; the learning rate rises linearly and then falls as a cosine to zero."""

    share: float = 1.0
    """Of all epochs."""
    learning_rate: float
    """At its highest."""
    warm_up_epochs: float = 0.0
    optimiser: Callable[[Any], Any]
    """Given a network with its trainable weights set, a Keras optimiser."""
    prepare: Callable[[Any], None] = lambda _network: None
    """Says what of the network is trainable."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    name: str
    side_px: int
    scale: float
    offset: float
    """A pixel p of 0 to 255 goes in as p * scale + offset."""
    build: Callable[[int], Any]
    """Given the number of classes, a Keras network from (n, side, side, 1) to (n, classes) logits."""
    stages: tuple[Stage, ...]
    epochs: int
    batch: int
    augmentation: Augmentation = field(default_factory=Augmentation)
    smoothing: float = 0.0
    """Of the labels (arXiv 1512.00567)."""
    averaged: float = 0.0
    """The share that the running mean of the weights keeps at each step; zero follows the weights themselves."""
    repeats: Mapping[str, int] = field(default_factory=dict)
    """How often an epoch shows pictures of an emotion, where that is not once."""
    patience: int | None = None
    """Epochs without a better accuracy on the validation split after which it ends; None never ends early."""
    onednn: bool = False
    """Whether it may use TensorFlow's oneDNN operations: twice as quick, but those of 2.21 write past the end of some
    of the other recipes' small layers, which ends the process."""
