"""Pictures as arrays: pixels of rows that may lack one, and what is measured of them."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Floats = NDArray[np.float64]

_WHITE = 255


@dataclass(frozen=True)
class Pictures:
    """Pixels [n, channels x height x width] of some rows, 0 where a row has no picture, and which rows have one [n]."""

    pixels: Bytes
    known: NDArray[np.bool_]

    @classmethod
    def of(cls, values: Sequence[bytes | None], count: int) -> Pictures:
        """Lay the bytes of pictures of `count` values each below each other; raises ValueError on other lengths."""
        blank = bytes(count)
        flat = np.frombuffer(b"".join(blank if value is None else value for value in values), dtype=np.uint8)
        known = np.array([value is not None for value in values], dtype=bool)
        return cls(flat.reshape(len(values), count), known)


def measure(pixels: Bytes) -> tuple[Floats, Floats]:
    """Give brightness and contrast of pictures [n, pixels]: mean and standard deviation, white being 1.

    Sums are of whole numbers, so that no order of adding changes a bit.

    Example:
        >>> brightness, contrast = measure(np.array([[0, 255], [51, 51]], dtype=np.uint8))
        >>> brightness.tolist(), contrast.tolist()
        ([0.5, 0.2], [0.5, 0.0])
    """
    count = pixels.shape[1]
    whole = pixels.astype(np.int64)
    sums, squares = whole.sum(axis=1), np.einsum("ij,ij->i", whole, whole)
    brightness = sums / (count * _WHITE)
    contrast = np.sqrt((count * squares - sums * sums).astype(np.float64)) / (count * _WHITE)
    return brightness, contrast


def digest(picture: bytes) -> str:
    """Name a picture by its pixels."""
    return f"sha256:{hashlib.sha256(picture).hexdigest()}"


def made_up(shape: Sequence[int], brightness: float, contrast: float, number: int) -> bytes:
    """Draw a picture that is nobody's: waves of a direction that goes by `number`, about as bright and as contrasting.

    Whole numbers alone decide where a wave is, so that it is the same picture everywhere.
    """
    channels, height, width = shape
    y, x = np.mgrid[0:height, 0:width]
    period = max(4, max(height, width) // (1 + number % 3))
    layers = []
    for channel in range(channels):
        phase = (x * (1 + number % 4) + y * (1 + (number // 4 + channel) % 4)) % period
        triangle = np.abs(2 * phase - period) * 2 - period  # from -period to period
        value = _WHITE * brightness + triangle * (_WHITE * contrast * math.sqrt(3) / period)
        layers.append(np.clip(np.floor(value + 0.5), 0, _WHITE).astype(np.uint8))
    return np.stack(layers).tobytes()
