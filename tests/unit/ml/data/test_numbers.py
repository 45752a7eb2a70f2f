from __future__ import annotations

import doctest

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mlops.blocks.number_form import NumberForm
from mlops.files import number_text
from mlops.ml.data import numbers
from mlops.ml.data.types import cast, settle

FORMS = st.builds(
    lambda signs, percent, currency: NumberForm(
        decimal=signs[0], thousands=signs[1], percent=percent, currency=currency
    ),
    st.sampled_from([(".", None), (",", None), (".", ","), (",", "."), (",", " "), (".", "'")]),
    st.booleans(),
    st.sampled_from([None, "$", "€", "EUR", "kr"]),
)
WRITTEN = st.text("0123456789.,' -+()%$€\u2212\u00a0EURkr", max_size=12)


@pytest.mark.parametrize(
    ("texts", "form", "values"),
    [
        (["1.299,99", "12,50"], {"decimal": ",", "thousands": "."}, [1299.99, 12.5]),
        (["1,299.99", "2", None], {"thousands": ","}, [1299.99, 2.0, None]),
        (["1,299", "1,299,000"], {"thousands": ","}, [1299, 1299000]),
        (["12.5%", "3 %"], {"percent": True}, [12.5, 3.0]),
        (["$1,234.50", "-$5.00", "$-4"], {"thousands": ",", "currency": "$"}, [1234.5, -5.0, -4.0]),
        (["12 EUR", "1 299,5 EUR"], {"decimal": ",", "thousands": " ", "currency": "EUR"}, [12.0, 1299.5]),
        (["1\u202f299,5", "3"], {"decimal": ",", "thousands": " "}, [1299.5, 3.0]),
        (["(1,005.00)", "4"], {"thousands": ","}, [-1005.0, 4.0]),
        (["1'299.50", "3"], {"thousands": "'"}, [1299.5, 3.0]),
        (["1,5", "2"], {"decimal": ","}, [1.5, 2.0]),
        (["\u22121,5", "2"], {"decimal": ","}, [-1.5, 2.0]),
    ],
)
def test_the_one_form_of_a_column_is_found_and_read(texts, form, values):
    settled = settle(pl.Series("a", texts))
    assert settled.number == NumberForm(**form)
    assert (settled.values.to_list(), settled.failed) == (values, 0)


THOUSANDS = (
    "`a` may be written with a `{0}` between thousands or before a fraction: write `number: {1}` or `number: {2}` for "
    "it, under `columns:`"
)
MIXED = "`a` looks like numbers that are not all written in one way: correct them"


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["1,299", "950"], THOUSANDS.format(",", '{thousands: ","}', '{decimal: ","}')),
        (["$1,299", "$12"], THOUSANDS.format(",", '{thousands: ","}', '{decimal: ","}')),
        (["€ 1.299", "€ 12"], THOUSANDS.format(".", '{decimal: ",", thousands: "."}', '{decimal: "."}')),
        (["12%", "3.5"], MIXED),
        (["$5", "€4"], MIXED),
        (["1,5", "1.5"], MIXED),
        (["192.168.1.1", "10.0.0.1"], ""),
        (["030 123456", "030 123457"], ""),
        (["AB 123", "CD 456"], ""),
        (["1-5", "6-9"], ""),
        (["1.5", "2"], ""),
    ],
)
def test_what_could_be_read_in_two_ways_is_a_doubt_and_no_number(texts, said):
    series = pl.Series("a", texts)
    assert numbers.doubt(series) == said
    assert not said or settle(series).type in ("category", "string")


def test_a_declared_form_settles_what_could_be_read_in_two_ways():
    series = pl.Series("a", ["1,299", "950", "many"])
    settled = settle(series, "float", NumberForm(thousands=","))
    assert (settled.values.to_list(), settled.failed) == ([1299.0, 950.0, None], 1)
    assert cast(series, "float", NumberForm(decimal=",")).to_list() == [1.299, 950.0, None]


@given(st.lists(WRITTEN, min_size=1, max_size=20), FORMS)
def test_a_request_is_read_as_the_file_is(texts, form):
    assert numbers.read(pl.Series("a", texts), form).to_list() == [form.text.plain(text) for text in texts]


@given(st.floats(-1e12, 1e12).map(lambda value: round(value, 6)), FORMS)
def test_what_is_spelt_in_a_form_is_read_in_it(value, form):
    plain = form.text.plain(form.text.spelled(f"{value:.6f}"))
    assert plain is not None
    assert float(plain) == value


def test_two_signs_are_not_one():
    with pytest.raises(ValidationError, match="`decimal` and `thousands` cannot both be `,`"):
        NumberForm(decimal=",", thousands=",")


def test_examples_hold():
    assert doctest.testmod(number_text).failed == 0
