"""Changes pictures at random, so that a network sees each of them in many ways."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from lab.recipes.recipe import Augmentation

ERASED_AREA = (0.02, 0.25)  # of the picture
ERASED_ASPECT = (0.3, 3.3)  # height to width, the paper's

Picture = NDArray[np.float32]


def augment(picture: NDArray[np.uint8], how: Augmentation, rng: Generator) -> Picture:
    """One picture, moved, lit and covered at random.

    Args:
        picture: (side, side), gray, 0-255.

    Returns:
        (side, side) float32 copy, 0-255.
    """
    moved = move(picture, how, rng)
    lit = light(moved, how, rng)
    if rng.random() < how.erased:
        erase(lit, rng)
    return lit


def move(picture: NDArray[np.uint8], how: Augmentation, rng: Generator) -> Picture:
    """Turned, zoomed and shifted about its middle, and mirrored; the border is replicated."""
    side = picture.shape[0]
    degrees = rng.uniform(-how.turned_degrees, how.turned_degrees)
    zoom = math.exp(rng.uniform(-1, 1) * math.log1p(how.zoomed))
    middle = (side - 1) / 2
    matrix = cv2.getRotationMatrix2D((middle, middle), degrees, zoom)
    matrix[:, 2] += rng.uniform(-how.shifted, how.shifted, 2) * side
    if rng.random() < how.flipped:
        matrix[0] = [-matrix[0, 0], -matrix[0, 1], side - 1 - matrix[0, 2]]
    whole = picture.astype(np.float32)
    return np.asarray(cv2.warpAffine(whole, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE), dtype=np.float32)


def light(picture: Picture, how: Augmentation, rng: Generator) -> Picture:
    """Contrast about its mean, and brightness; cut off at black and white."""
    contrast = 1 + rng.uniform(-how.contrast, how.contrast)
    brightness = 255 * rng.uniform(-how.brightness, how.brightness)
    mean = float(picture.mean())
    lit: Picture = np.clip((picture - mean) * np.float32(contrast) + np.float32(mean + brightness), 0, 255)
    return lit


def erase(picture: Picture, rng: Generator) -> None:
    """Fill a rectangle with noise, in place."""
    side = picture.shape[0]
    area = rng.uniform(*ERASED_AREA) * side * side
    aspect = math.exp(rng.uniform(math.log(ERASED_ASPECT[0]), math.log(ERASED_ASPECT[1])))
    height, width = (
        max(1, min(side, round(length))) for length in (math.sqrt(area * aspect), math.sqrt(area / aspect))
    )
    top, left = rng.integers(side - height + 1), rng.integers(side - width + 1)
    picture[top : top + height, left : left + width] = rng.uniform(0, 255, (height, width))
