"""Pictures as JSON spells them: a file in base64, pixels in nested lists, or the bytes of pixels in base64."""

from __future__ import annotations

import base64
import binascii
import itertools
import math
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from mlops.bundle.fault import Fault, kind
from mlops.extras import MissingExtra
from mlops.pictures.decoding import FORMATS, Broken, decode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RAW = "data:application/octet-stream;base64,"
"""What the bytes of pixels begin with, which need no decoder."""


class PictureForm(BaseModel):
    """What pictures of a field are brought to: channels, height, width; and the filter that brings them there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shape: tuple[int, int, int]
    resize: str = "bilinear"
    largest: int = 50_000_000

    @property
    def words(self) -> str:
        """Say what a picture may be sent as."""
        listed = " x ".join(map(str, self.shape))
        return f"a file ({', '.join(FORMATS)}) in base64, or pixels from 0 to 255, {listed}"


def read(value: Any, form: PictureForm) -> bytes | Fault:
    r"""Read a picture as the bytes of its pixels, or say what is wrong with it.

    Example:
        >>> read([[0, 255]], PictureForm(shape=(1, 1, 2)))
        b'\x00\xff'
        >>> read([[0, 256]], PictureForm(shape=(1, 1, 2))).problem
        'has a pixel that is no whole number from 0 to 255'
    """
    if isinstance(value, bytes):
        return value if len(value) == math.prod(form.shape) else Fault("value", _other_size(form, f"{len(value):,}"))
    if isinstance(value, list):
        return _of_lists(value, form)
    if isinstance(value, str):
        return _of_text(value, form)
    return Fault("type", f"must be {form.words}; not {kind(value)}")


def spelled(picture: bytes) -> str:
    r"""Spell pixels so that nothing is needed to read them.

    >>> read(spelled(bytes(4)), PictureForm(shape=(1, 2, 2)))
    b'\x00\x00\x00\x00'
    """
    return RAW + base64.b64encode(picture).decode("ascii")


def _of_text(text: str, form: PictureForm) -> bytes | Fault:
    raw = text.startswith(RAW)
    body = text.partition(";base64,")[2] if text.startswith("data:") else text
    try:
        data = base64.b64decode("".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        return Fault("value", f"must be {form.words}: it is no base64")
    if raw:
        return read(data, form)
    try:
        return decode(data, form.shape, form.resize, form.largest).pixels
    except Broken as error:
        return Fault("value", f"must be {form.words}: the file {error}")
    except MissingExtra as error:
        return Fault("value", f"must be pixels here: {error.message}")


def _of_lists(value: list[Any], form: PictureForm) -> bytes | Fault:
    """Read [channels][height][width], [height][width] of grey, or all pixels in one list."""
    channels, height, width = form.shape
    layouts = [(channels, height, width), (channels * height * width,), *([(height, width)] if channels == 1 else [])]
    pixels = next((found for layout in layouts if (found := list(_flat(value, layout))) and None not in found), None)
    if pixels is None:
        return Fault("value", _other_size(form, "a list of another"))
    if not all(type(pixel) is int and 0 <= pixel <= 255 for pixel in pixels):
        return Fault("value", "has a pixel that is no whole number from 0 to 255")
    return bytes(pixels)


def _flat(value: Any, layout: Sequence[int]) -> Iterator[Any]:
    """Give the pixels of nested lists of these lengths; None where a list has another."""
    if not isinstance(value, list) or len(value) != layout[0]:
        return iter((None,))
    if len(layout) == 1:
        return iter(value)
    return itertools.chain.from_iterable(_flat(item, layout[1:]) for item in value)


def _other_size(form: PictureForm, found: str) -> str:
    return f"must have the pixels of {' x '.join(map(str, form.shape))}, not {found}"
