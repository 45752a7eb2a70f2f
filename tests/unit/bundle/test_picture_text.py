from __future__ import annotations

import base64
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.bundle.fault import Fault
from mlops.bundle.picture_text import PictureForm, read, spelled
from tests.builders.shapes import png

GREY = PictureForm(shape=(1, 2, 3))
COLOUR = PictureForm(shape=(3, 1, 2))
PIXELS = np.arange(6, dtype=np.uint8)
FORMS = "a file (PNG, JPEG, GIF, BMP, WEBP) in base64, or pixels from 0 to 255, 1 x 2 x 3"


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    "value",
    [
        encoded(png(PIXELS.reshape(2, 3))),
        f"data:image/png;base64,{encoded(png(PIXELS.reshape(2, 3)))}",
        PIXELS.tolist(),
        PIXELS.reshape(2, 3).tolist(),
        PIXELS.reshape(1, 2, 3).tolist(),
        PIXELS.tobytes(),
        spelled(PIXELS.tobytes()),
    ],
)
def test_one_picture_in_every_form_is_the_same_bytes(value: object) -> None:
    assert read(value, GREY) == PIXELS.tobytes()


@given(st.binary(min_size=6, max_size=6))
def test_pixels_come_back_as_they_were_spelt(picture: bytes) -> None:
    assert read(spelled(picture), GREY) == picture


@pytest.mark.parametrize(
    ("value", "form", "fault"),
    [
        (7, GREY, Fault("type", f"must be {FORMS}; not a number")),
        ("!", GREY, Fault("value", f"must be {FORMS}: it is no base64")),
        (encoded(b"text"), GREY, Fault("value", f"must be {FORMS}: the file is none of PNG, JPEG, GIF, BMP, WEBP")),
        ([1, 2], GREY, Fault("value", "must have the pixels of 1 x 2 x 3, not a list of another")),
        ([[1, 2, 3]], GREY, Fault("value", "must have the pixels of 1 x 2 x 3, not a list of another")),
        ([[[1, 2, 3], [4, 5]]], GREY, Fault("value", "must have the pixels of 1 x 2 x 3, not a list of another")),
        ([0, 0, 0, 0, 0, 256], GREY, Fault("value", "has a pixel that is no whole number from 0 to 255")),
        ([0, 0, 0, 0, 0, 0.5], GREY, Fault("value", "has a pixel that is no whole number from 0 to 255")),
        ([0, 0, 0, 0, 0, True], GREY, Fault("value", "has a pixel that is no whole number from 0 to 255")),
        ([[0, 0], [0, 0], [0, 0]], COLOUR, Fault("value", "must have the pixels of 3 x 1 x 2, not a list of another")),
        (spelled(b"\0"), GREY, Fault("value", "must have the pixels of 1 x 2 x 3, not 1")),
    ],
)
def test_what_is_no_such_picture_is_said(value: object, form: PictureForm, fault: Fault) -> None:
    assert read(value, form) == fault


def test_a_server_without_pillow_takes_pixels_and_says_what_a_file_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert read(PIXELS.tolist(), GREY) == PIXELS.tobytes()
    assert read(encoded(png(PIXELS.reshape(2, 3))), GREY) == Fault(
        "value",
        "must be pixels here: a file of a picture needs pillow, which is not installed: "
        "it comes with the extra `image`",
    )
