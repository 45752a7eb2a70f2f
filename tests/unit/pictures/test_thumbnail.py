"""Thumbnails: nothing of a file but its pixels, the same bytes each time, never large."""

from __future__ import annotations

import io
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mlops.extras import MissingExtra
from mlops.pictures.decoding import decode
from mlops.pictures.thumbnail import SIDE, png

CHUNKS = (b"IHDR", b"IDAT", b"IEND")


@given(st.sampled_from([1, 3]), st.integers(1, 70), st.integers(1, 70), st.data())
def test_a_thumbnail_is_small_and_holds_pixels_alone(
    channels: int, height: int, width: int, data: st.DataObject
) -> None:
    pixels = np.random.default_rng(data.draw(st.integers(0, 9))).integers(0, 256, (channels, height, width), np.uint8)
    made = png(pixels.tobytes(), (channels, height, width))
    assert len(made) < 7_200
    with Image.open(io.BytesIO(made)) as image:
        image.load()
        assert (image.format, max(image.size), image.info) == ("PNG", min(SIDE, max(height, width)), {})
    kinds, place = [], 8
    while place < len(made):
        kinds.append(made[place + 4 : place + 8])
        place += 12 + int.from_bytes(made[place : place + 4])
    assert tuple(dict.fromkeys(kinds)) == CHUNKS
    if max(height, width) <= SIDE:
        assert decode(made, (channels, height, width)).pixels == pixels.tobytes()


def test_its_bytes_are_what_they_always_were() -> None:
    made = png(bytes(range(48)) * 100, (3, 40, 40))
    assert sha256(made).hexdigest()[:16] == "7597ca0ed7e6fccf"


def test_what_a_file_says_of_whom_and_where_does_not_come_along() -> None:
    exif = Image.Exif()
    exif[0x013B] = "Ada Lovelace"
    file = io.BytesIO()
    Image.new("RGB", (9, 9), "red").save(file, "JPEG", exif=exif, comment=b"taken at home")
    assert b"Ada Lovelace" in file.getvalue()
    made = png(decode(file.getvalue(), (3, 9, 9)).pixels, (3, 9, 9))
    assert b"Ada" not in made
    assert b"home" not in made


def test_pixels_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot reshape"):
        png(b"\x00", (1, 2, 2))


def test_without_pillow_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlops.extras._found", lambda _: False)
    with pytest.raises(MissingExtra) as caught:
        png(b"\x00", (1, 1, 1))
    assert caught.value.message == "a thumbnail needs pillow, which is not installed: it comes with the extra `image`"
