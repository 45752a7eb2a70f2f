"""Files of every format, to the pixels that they had when they were first read: another Pillow must not change them."""

from __future__ import annotations

import base64
import io
import json
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mlops.extras import MissingExtra
from mlops.pictures.decoding import Broken, decode
from tests.builders.shapes import png

FILES = Path(__file__).parent / "files"
EXPECTED = json.loads((FILES / "pixels.json").read_text())
"""By file: shape, and the pixels in base64."""


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_file_has_the_pixels_that_it_always_had(name: str) -> None:
    expected = EXPECTED[name]
    found = decode((FILES / name).read_bytes(), expected["shape"], expected.get("resize", "bilinear"))
    assert base64.b64encode(found.pixels).decode() == expected["pixels"]


def test_every_file_is_expected() -> None:
    assert {path.name for path in FILES.iterdir()} == {*EXPECTED, "pixels.json"}
    assert {Path(name).suffix for name in EXPECTED} == {".png", ".jpg", ".gif", ".bmp", ".webp"}


def test_pixels_stand_by_channel_row_by_row() -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert decode(png(pixels), (3, 2, 2)).pixels == pixels.transpose(2, 0, 1).tobytes()


def test_what_is_transparent_lies_over_white() -> None:
    pixels = np.array([[[0, 0, 0, 0], [0, 0, 0, 255]]], dtype=np.uint8)
    assert decode(png(pixels), (1, 1, 2)).pixels == b"\xff\x00"


def test_a_picture_of_another_size_is_brought_there_and_its_own_size_is_told() -> None:
    found = decode(png(np.full((6, 4), 77, dtype=np.uint8)), (1, 3, 2))
    assert (found.pixels, found.width, found.height) == (bytes([77] * 6), 4, 6)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is none of PNG, JPEG, GIF, BMP, WEBP"),
        (b"<svg/>", "is none of PNG, JPEG, GIF, BMP, WEBP"),
        (png(np.arange(64, dtype=np.uint8).reshape(8, 8))[:60], "is broken, or ends too early"),
        (png(np.zeros((9, 9), dtype=np.uint8)), "has 9 x 9 pixels, and at most 80 are unfolded"),
    ],
)
def test_what_cannot_be_read_is_said(data: bytes, words: str) -> None:
    with pytest.raises(Broken) as caught:
        decode(data, (1, 4, 4), largest=80)
    assert str(caught.value) == words


def test_a_bomb_is_not_unfolded() -> None:
    bomb = bytearray(png(np.zeros((1, 1), dtype=np.uint8)))
    bomb[16:24] = (60_000).to_bytes(4, "big") * 2  # what the head says of its size
    bomb[29:33] = zlib.crc32(bomb[12:29]).to_bytes(4, "big")
    with pytest.raises(Broken) as caught:
        decode(bytes(bomb), (1, 4, 4))
    assert str(caught.value) == "has so many pixels that it is not unfolded; at most 50,000,000 are"


def test_another_format_of_the_library_is_none_of_ours() -> None:
    file = io.BytesIO()
    Image.new("L", (2, 2)).save(file, "TIFF")
    with pytest.raises(Broken, match="is none of"):
        decode(file.getvalue(), (1, 2, 2))


def test_without_pillow_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingExtra) as caught:
        decode(b"", (1, 2, 2))
    assert caught.value.message == (
        "a file of a picture needs pillow, which is not installed: it comes with the extra `image`"
    )
    assert caught.value.hint == 'pip install "mlops-by-pull-request[image]"'
