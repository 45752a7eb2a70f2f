"""The pictures of examples/images: a shape each, small, noisy and anywhere; the same for every machine."""

from __future__ import annotations

import random
import struct
import zlib

import numpy as np
from numpy.typing import NDArray  # noqa: TC002 - a builder is imported where it is used

SIDE, EACH = 20, 120
SHAPES = ("circle", "cross", "square", "triangle")


def pictures() -> dict[str, NDArray[np.uint8]]:
    """Draw them all, [height, width] each, by the path below the folder of the pictures."""
    draw = random.Random(17)
    return {f"{shape}/{number:03}.png": _picture(draw, shape) for shape in SHAPES for number in range(EACH)}


def png(pixels: NDArray[np.uint8]) -> bytes:
    """Write a PNG of grey [height, width], or of red, green, blue and perhaps opacity [height, width, 3 or 4].

    Whatever reads pictures is tested with it, so that it knows none of them.
    """
    height, width = pixels.shape[:2]
    colour = {2: 0, 3: 2, 4: 6}[2 if pixels.ndim == 2 else pixels.shape[2]]
    rows = b"".join(b"\0" + row.tobytes() for row in pixels.reshape(height, -1))
    head = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    parts = _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _picture(draw: random.Random, shape: str) -> NDArray[np.uint8]:
    size, thick = draw.randint(4, 7), draw.randint(1, 2)
    middle = [draw.randint(size, SIDE - 1 - size) for _ in range(2)]
    dark, bright, grain = draw.randint(20, 90), draw.randint(130, 230), draw.randint(10, 45)
    rows = []
    for y in range(SIDE):
        for x in range(SIDE):
            ink = bright if _inked(shape, x - middle[0], y - middle[1], size, thick) else dark
            rows.append(min(255, max(0, ink + draw.randint(-grain, grain))))
    return np.array(rows, dtype=np.uint8).reshape(SIDE, SIDE)


def _inked(shape: str, x: int, y: int, size: int, thick: int) -> bool:
    """Tell whether a pixel so far from the middle is on the line of a shape."""
    if max(abs(x), abs(y)) > size:
        return False
    if shape == "circle":
        return (size - thick) ** 2 <= x * x + y * y <= size * size
    if shape == "cross":
        return min(abs(x), abs(y)) < thick
    if shape == "square":
        return max(abs(x), abs(y)) > size - thick
    edge = (y + size) / 2  # half of a triangle's width in this row
    return abs(x) <= edge and (abs(x) > edge - thick - 0.5 or y > size - thick)
