"""Numbers read where they stand are what a reader of JSON makes of them, or are left to one."""

from __future__ import annotations

import json
import re
import struct

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlops.bundle.spelt_numbers import AFTER, BEFORE, TooUnusual, spelt_numbers

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
SPELT = st.one_of(
    st.text("0123456789.-", max_size=18),
    st.text("0123456789.-+eE/:nul \"'x", max_size=9),
    st.integers(-(10**17), 10**17).map(str),
    st.decimals(-(10**8), 10**8, places=3).map(str),
    st.floats(allow_nan=False).map(repr),
    st.sampled_from(["-0", "-0.0", "0.0", "00", "01.5", "1.", ".5", "-", "", "1-2", "1..2", "9007199254740993"]),
)


def read(spelt: list[str]) -> list[tuple[float, bool, bool]]:
    """Read numbers that stand one after the other; of each, whether it has a point, and whether it was left."""
    texts = [text.encode() for text in spelt]
    ends = BEFORE + np.cumsum([len(text) + 1 for text in texts]) - 1
    starts = ends - np.array([len(text) for text in texts])
    body = bytes(BEFORE) + b",".join(texts) + bytes(AFTER)
    found = spelt_numbers(np.frombuffer(body, np.uint64, len(body) // 8), starts, ends)
    return list(zip(*(each.tolist() for each in found), strict=True))


@given(st.lists(SPELT, min_size=1, max_size=30))
@example(["1:5", "1,5", "/.25", "0e5", "12345678.", ".12345678", "1234567.12345678", "1.2345678.9"])
def test_what_is_read_has_the_bits_that_json_gives_it(spelt: list[str]) -> None:
    try:
        found = read([*spelt, *["1"] * 90])  # so that few are unusual
    except TooUnusual:
        return
    for text, (value, pointed, odd) in zip(spelt, found, strict=False):
        if not odd:
            assert NUMBER.fullmatch(text), text
            assert struct.pack("d", value) == struct.pack("d", float(json.loads(text))), text
            assert pointed == ("." in text)


@given(st.lists(st.from_regex(r"-?(0|[1-9][0-9]{0,7})(\.[0-9]{1,7})?", fullmatch=True), min_size=1, max_size=30))
def test_numbers_as_most_are_are_read(spelt: list[str]) -> None:
    usual = [text for text in spelt if float(text) or text[0] != "-"]
    assert not usual or not any(odd for _, _, odd in read(usual))


def test_numbers_of_which_many_are_long_are_left_to_others() -> None:
    with pytest.raises(TooUnusual):
        read(["0.12345678901234567"] * 20)
