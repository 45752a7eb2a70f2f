"""Small pictures for a page: made anew of pixels, so that nothing of a file comes along, its EXIF least of all."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from mlops.extras import need

if TYPE_CHECKING:
    from collections.abc import Sequence

SIDE = 48
"""Pixels of the longer side at most."""


def png(pixels: bytes, shape: Sequence[int]) -> bytes:
    r"""Write pixels as a PNG whose sides are at most SIDE.

    It is stored and not deflated: the same bytes on every processor, and at most 7 kB.

    Args:
        pixels: whole numbers from 0 to 255, [channels, height, width] in one row of bytes.
        shape: channels (1 or 3), height, width.

    Raises:
        ValueError: there are more pixels, or fewer, than the shape says.
        MissingExtra: Pillow is not installed.

    Example:
        >>> png(b"\x00\xff", (1, 1, 2))[:8]
        b'\x89PNG\r\n\x1a\n'
    """
    need("image", "a thumbnail")
    from PIL import Image

    channels, height, width = shape
    laid = np.frombuffer(pixels, dtype=np.uint8).reshape(channels, height, width).transpose(1, 2, 0)
    image = Image.fromarray(np.ascontiguousarray(laid[:, :, 0] if channels == 1 else laid))
    longer = max(height, width)
    if longer > SIDE:
        small = (max(1, width * SIDE // longer), max(1, height * SIDE // longer))
        image = image.resize(small, Image.Resampling.BOX)
    written = io.BytesIO()
    image.save(written, "PNG", compress_level=0)
    return written.getvalue()
