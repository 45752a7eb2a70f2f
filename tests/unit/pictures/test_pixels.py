from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mlops.pictures.pixels import Pictures, digest, made_up, measure


@given(arrays(np.uint8, st.tuples(st.integers(1, 5), st.integers(1, 30))))
def test_brightness_and_contrast_are_mean_and_deviation_in_any_order(pixels: np.ndarray) -> None:
    brightness, contrast = measure(pixels)
    assert brightness == pytest.approx(pixels.mean(axis=1) / 255)
    assert contrast == pytest.approx(pixels.std(axis=1) / 255, abs=1e-9)
    again = measure(pixels[:, ::-1])
    assert (again[0].tobytes(), again[1].tobytes()) == (brightness.tobytes(), contrast.tobytes())


def test_rows_without_a_picture_are_black_and_known_to_be_none() -> None:
    found = Pictures.of([b"\x01\x02", None], 2)
    assert found.pixels.tolist() == [[1, 2], [0, 0]]
    assert found.known.tolist() == [True, False]


def test_no_rows_have_no_pixels() -> None:
    assert Pictures.of([], 4).pixels.shape == (0, 4)


def test_a_picture_that_is_made_up_is_as_bright_as_asked() -> None:
    made = np.frombuffer(made_up((3, 12, 16), 0.5, 0.2, 1), dtype=np.uint8)
    brightness, contrast = measure(made[None, :])
    assert made.size == 3 * 12 * 16
    assert brightness[0] == pytest.approx(0.5, abs=0.08)
    assert contrast[0] == pytest.approx(0.2, abs=0.08)
    assert made_up((3, 12, 16), 0.5, 0.2, 2) != made.tobytes()


def test_a_changed_pixel_changes_the_digest() -> None:
    assert digest(b"\x00\x00") != digest(b"\x00\x01")
