from __future__ import annotations

import math
from pathlib import Path

import pytest

from mlops.files.canonical import digest, digest_file, digest_json, dumps, rounded


def test_the_order_of_keys_does_not_matter() -> None:
    assert dumps({"b": 1, "a": [True, None]}) == '{\n "a": [\n  true,\n  null\n ],\n "b": 1\n}\n'
    assert digest_json({"a": 1, "b": 2}) == digest_json({"b": 2, "a": 1}) != digest_json({"a": 1, "b": 3})


def test_nan_has_no_spelling() -> None:
    with pytest.raises(ValueError, match="Out of range float values"):
        dumps({"a": math.nan})


def test_a_file_is_named_by_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    assert digest_file(tmp_path / "f") == digest(b"abc")
    assert digest(b"abc") == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_rounding_keeps_significant_digits_and_drops_what_is_not_finite() -> None:
    assert rounded({"a": [0.123456789, 1234567.8], "b": math.inf, "c": True, "d": 3}) == {
        "a": [0.123457, 1234570.0],
        "b": None,
        "c": True,
        "d": 3,
    }
