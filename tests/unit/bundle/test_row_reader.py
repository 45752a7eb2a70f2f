"""What the file of the data spells, a request may spell."""

from __future__ import annotations

import doctest
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.bundle.recipe import Recipe
from mlops.bundle.row_reader import RowReader
from mlops.bundle.schema import Field, RequestSchema
from mlops.files import moment_text, truth_text
from mlops.files.moment_text import MomentText
from mlops.files.number_text import NumberText
from mlops.ml.data import moments, types

EURO = NumberText(decimal=",", thousands=".", currency="€")


def reader(*fields: Field, levels: tuple[str, ...] = (), **schema: Any) -> RowReader:
    """A reader of fields; the first text among them has levels."""
    recipe: dict[str, Any] = {
        "schema_version": 1,
        "kind": "tabular",
        "task": "regression",
        "target": {"name": "y"},
        "columns": [{"name": field.name, "type": field.type, "nullable": field.nullable} for field in fields],
        "categories": [
            {"column": field.name, "encode": "one_hot", "levels": levels, "other": True, "null": True}
            for field in fields
            if levels and field.type in ("string", "category")
        ],
    }
    return RowReader(RequestSchema(fields=fields, **schema), Recipe.model_validate(recipe))


def read(
    kind: Any, value: Any, levels: tuple[str, ...] = (), nulls: tuple[str, ...] | None = None, **field: Any
) -> Any:
    """What one value of one field is read as."""
    made = Field(name="a", type=kind, nullable=True, **field)
    return reader(made, levels=levels, nulls=nulls).read([{"a": value}])[0]["a"]


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        ("bool", "Yes", True),
        ("bool", "no", False),
        ("bool", "1", True),
        ("bool", "0.0", False),
        ("bool", 1, True),
        ("bool", 0.0, False),
        ("bool", "", None),
        ("bool", " ", None),
        ("bool", "maybe", "maybe"),
        ("bool", 2, 2),
        ("int", "12", 12),
        ("int", " 3.0 ", 3.0),
        ("int", "", None),
        ("int", "9007199254740993", 9007199254740993),
        ("int", "1,5", "1,5"),
        ("float", "12.5", 12.5),
        ("float", "-1e-7", -1e-7),
        ("float", "nan", None),
        ("float", " ", None),
        ("float", "1_000", "1_000"),
        ("float", "٣", "٣"),
        ("float", [1], [1]),
        ("date", " 2024-05-31 ", "2024-05-31"),
        ("date", "31.05.2024", "31.05.2024"),
        ("date", 20240531, 20240531),
        ("datetime", "2024-01-01 00:00:00 UTC", "2024-01-01 00:00:00Z"),
        ("datetime", "2024-01-01T08:30:00+02:00", "2024-01-01T08:30:00+02:00"),
        ("datetime", "", None),
    ],
)
def test_a_value_is_read_as_its_type_is_and_what_cannot_be_stays(kind: Any, value: Any, found: Any) -> None:
    read_as = read(kind, value)
    assert read_as == found
    assert type(read_as) is type(found)


@pytest.mark.parametrize(
    ("value", "levels", "found"),
    [
        (101, ("101", "205"), "101"),
        (101.0, ("101", "205"), "101"),
        (101, ("101.0", "205.0"), "101.0"),
        (7, ("101", "205"), "7"),
        (1.5, ("1.5", "2"), "1.5"),
        (7, ("007", "205"), 7),
        ("007", ("007", "205"), "007"),
        (True, ("true", "false"), True),
        (float("inf"), ("1", "2"), float("inf")),
        (10**400, ("1", "2"), 10**400),
    ],
)
def test_the_number_of_a_code_is_its_text_but_for_zeros_in_front(value: Any, levels: Any, found: Any) -> None:
    read_as = read("category", value, levels)
    assert read_as == found
    assert type(read_as) is type(found)


def test_a_text_is_missing_where_the_file_says_so_and_nowhere_else() -> None:
    assert [read("category", text, ("a", "b"), nulls=("", "NA")) for text in ("", "NA", " ", "a")] == [
        None,
        None,
        " ",
        "a",
    ]
    assert [read("category", text, ("a", "b")) for text in ("", "NA")] == ["", "NA"]
    assert read("float", "NA", nulls=("", "NA")) is None


@pytest.mark.parametrize(
    ("kind", "style", "value", "found"),
    [
        ("date", "%d.%m.%Y", "3.4.2024", "2024-04-03"),
        ("date", "%d.%m.%Y", "2024-04-03", "2024-04-03"),
        ("date", "%d.%m.%Y", "31.02.2024", "31.02.2024"),
        ("date", "%Y%m%d", 20240403, "2024-04-03"),
        ("date", "%Y%m%d", "20240403", "2024-04-03"),
        ("datetime", "%m/%d/%Y %I:%M %p", "04/03/2024 1:05 PM", "2024-04-03T13:05:00"),
        ("datetime", "%d/%m/%Y %H:%M", "03/04/2024 08:30 +02:00", "2024-04-03T06:30:00"),
    ],
)
def test_a_moment_is_read_as_the_file_writes_it(kind: Any, style: str, value: Any, found: str) -> None:
    assert read(kind, value, style=style) == found


def test_a_number_is_read_as_the_file_writes_it() -> None:
    assert [read("float", text, number=EURO) for text in ("-1.299,99 €", "1.5", 2.5, "")] == [
        -1299.99,
        "1.5",
        2.5,
        None,
    ]


def test_keys_stay_and_what_nobody_reads_is_left_out() -> None:
    made = reader(Field(name="a", type="int", nullable=False), keys=("id",), ignored=("note",))
    rows = [{"a": 1, "id": "p7", "note": "x", "y": 3.0, "odd": 1}, {"a": 2}, 7]
    assert made.read(rows) == [{"a": 1, "id": "p7", "odd": 1}, {"a": 2}, 7]


def test_a_row_that_is_plain_is_not_copied() -> None:
    row = {"a": 1.5, "b": None}
    fields = (Field(name="a", type="float", nullable=True), Field(name="b", type="category", nullable=True))
    assert reader(*fields, levels=("x", "y"), nulls=("",)).read([row])[0] is row


TEXTS = st.one_of(
    st.from_regex(r"\A[ ]?[-+]?[0-9]{0,5}\.?[0-9]{0,3}([eE][-+]?[0-9])?[ ]?\Z"),
    st.sampled_from(["Yes", "no", "TRUE", "f", "1", "0.0", "y ", "maybe", "nan", "inf", "12abc"]),
)


@pytest.mark.parametrize("kind", ["int", "float", "bool"])
@given(text=TEXTS)
def test_a_plain_text_is_read_as_training_reads_it(kind: Any, text: str) -> None:
    known = types.cast(pl.Series("a", [text]), kind).to_list()[0]
    found = read(kind, text)
    if known is not None:
        assert found == known
    else:
        schema = RequestSchema(fields=(Field(name="a", type=kind, nullable=False),))
        assert schema.inspect([{"a": found}]).count == 1


CLOCK = st.from_regex(
    r"\A[0-9]{1,4}[-./ ][0-9]{1,2}[-./ ][0-9]{1,4}( [0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?( [ap]m)?)?\Z"
)


@pytest.mark.parametrize(("kind", "forms"), [("date", moments.DATES), ("datetime", moments.DATETIMES)])
@given(data=st.data())
def test_a_moment_of_a_form_is_read_as_training_reads_it(kind: Any, forms: tuple[str, ...], data: Any) -> None:
    form = data.draw(st.sampled_from(forms))
    spelt = data.draw(st.datetimes()).strftime(form.replace("%S%.f", "%S.%f"))
    text = data.draw(st.sampled_from([spelt, data.draw(CLOCK)]))
    known = moments.in_style(pl.Series("a", [text]), kind, form).to_list()[0]
    found = MomentText(form).read(text)
    assert known == (found.date() if found and kind == "date" else found)


def test_examples_hold() -> None:
    assert doctest.testmod(moment_text).failed == 0
    assert doctest.testmod(truth_text).failed == 0
