"""Files of pictures to pixels, by Pillow (the extra `image`): the same code where a snapshot is taken and in a server.

Orientation as EXIF says, the first frame, grey by ITU-R 601 or red, green and blue, what is transparent over white, and
a filter of Pillow's to the size that is learnt from. All of it is arithmetic of whole numbers: the same file gives the
same pixels on every processor. How a JPEG is unfolded is its library's, so that Pillow's release is pinned in the lock.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mlops.extras import need

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PIL import Image

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP")
_DEEP = ("I", "I;16", "I;16B", "I;16L", "I;16N")
"""What Pillow calls grey of 16 bits, which it would cut off at 255."""
_TRANSPARENT = ("LA", "La", "PA", "RGBA", "RGBa")


class Broken(ValueError):
    """A picture that cannot be read; the message goes on from its name: "is no PNG, ...", "ends too early"."""


@dataclass(frozen=True)
class Decoded:
    """Pixels [channels, height, width] in one row of bytes, and the size that the file has."""

    pixels: bytes
    width: int
    height: int


def decode(data: bytes, shape: Sequence[int], resize: str = "bilinear", largest: int = 50_000_000) -> Decoded:
    r"""Read a file of a picture as pixels of a shape.

    Args:
        data: the bytes of a file in one of FORMATS.
        shape: channels (1 or 3), height, width.
        resize: a filter of Pillow's, by its name.
        largest: pixels that the file may have.

    Raises:
        Broken: it is none of FORMATS, is not whole, or has more pixels.
        MissingExtra: Pillow is not installed.

    Example:
        >>> import base64
        >>> bitmap = "Qk06AAAAAAAAADYAAAAoAAAAAQAAAAEAAAABABgAAAAAAAQAAAATCwAAEwsAAAAAAAAAAAAAAID/AA=="
        >>> decode(base64.b64decode(bitmap), (3, 1, 1)).pixels
        b'\xff\x80\x00'
    """
    need("image", "a file of a picture")
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as file:
            width, height = file.size
            if width * height > largest:
                raise Broken(f"has {width:,} x {height:,} pixels, and at most {largest:,} are unfolded")
            file.load()
            upright = ImageOps.exif_transpose(file)
    except UnidentifiedImageError as error:
        raise Broken(f"is none of {', '.join(FORMATS)}") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Broken(f"has so many pixels that it is not unfolded; at most {largest:,} are") from error
    except Broken:
        raise
    except Exception as error:  # what decoders say of foreign bytes is no fixed list
        raise Broken("is broken, or ends too early") from error
    plain = _plain(upright, shape[0])
    size = (shape[2], shape[1])
    if plain.size != size:
        plain = plain.resize(size, Image.Resampling[resize.upper()])
    pixels = np.asarray(plain, dtype=np.uint8).reshape(shape[1], shape[2], shape[0])
    return Decoded(np.ascontiguousarray(pixels.transpose(2, 0, 1)).tobytes(), *upright.size)


def _plain(image: Image.Image, channels: int) -> Image.Image:
    """Bring whatever a file holds to grey, or to red, green and blue, of 8 bits."""
    from PIL import Image

    if image.mode in _DEEP:
        image = Image.fromarray(_eight_bits(np.asarray(image)))
    if image.mode in _TRANSPARENT or "transparency" in image.info:
        over = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over).convert("RGB")
    return image.convert("L" if channels == 1 else "RGB")


def _eight_bits(deep: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Bring grey of 16 bits to 8, 65,535 to 255, to the nearest."""
    whole = np.clip(deep.astype(np.int64), 0, 65_535)
    return ((whole * 255 + 32_767) // 65_535).astype(np.uint8)
