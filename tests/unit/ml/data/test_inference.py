from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mlops.blocks.number_form import NumberForm
from mlops.errors import ConfigurationError, DataError
from mlops.ml.data import guessing
from mlops.ml.data.inference import ColumnGuess, Guess, describe, guess
from mlops.ml.data.missing import null_texts

ROWS = 600


def _frame(**columns: object) -> pl.DataFrame:
    """A table as ingest gives it: texts, numbered; `x` and `y` are a plain feature and a plain target."""
    rng = np.random.default_rng(0)
    plain = {"x": rng.normal(0, 1, ROWS).round(3).astype(str).tolist(), "y": rng.choice(["no", "yes"], ROWS).tolist()}
    return pl.DataFrame({"__row__": range(ROWS), **plain, **columns})


def _column(found: Guess, name: str) -> ColumnGuess:
    return next(column for column in found.columns if column.name == name)


def _cycle(*values: str | None) -> list[str | None]:
    return [values[index % len(values)] for index in range(ROWS)]


def test_types_and_rules_follow_from_the_values() -> None:
    rng = np.random.default_rng(1)
    found = guess(
        _frame(
            visits=_cycle("0", "1", "7"),
            balance=_cycle("-1.5", "2.25"),
            share=_cycle("0.25", "1"),
            pct_paid=_cycle("100", "3.5"),
            price=_cycle("1,5", "20,25"),
            active=_cycle("Y", "N"),
            joined=_cycle("31.12.2023", "01.02.2024"),
            plan=_cycle("basic", "plus", None),
            city=rng.choice([f"city {index}" for index in range(30)], ROWS).tolist(),
            sex=_cycle("f", "m"),
        ),
        "y",
    )
    assert found.columns == (
        ColumnGuess("x", "float", between=(-11.0, 11.0)),
        ColumnGuess("y", "bool"),
        ColumnGuess("visits", "int", between=(0, 14)),
        ColumnGuess("balance", "float", between=(-5.3, 6.0)),
        ColumnGuess("share", "float", between=(0, 1)),
        ColumnGuess("pct_paid", "float", between=(0, 100)),
        ColumnGuess("price", "float", between=(0, 39.0), number=NumberForm(decimal=",")),
        ColumnGuess("active", "bool"),
        ColumnGuess("joined", "date"),
        ColumnGuess("plan", "category", nulls=0.51, one_of=("basic", "plus")),
        ColumnGuess("city", "category"),
        ColumnGuess("sex", "category", one_of=("f", "m"), sensitive=True),
    )
    assert (found.task, found.classes, found.exclude, found.keys) == ("binary", (False, True), (), ())


def test_columns_that_say_nothing_are_left_out_with_their_reason() -> None:
    found = guess(
        _frame(
            customer=[f"C{index}" for index in range(ROWS)],
            number=[str(index) for index in range(ROWS)],
            country=["DE"] * ROWS,
            nothing=[None] * ROWS,
            remark=[f"called {index % 590} times" for index in range(ROWS)],
        ),
        "y",
    )
    assert found.keys == ("customer", "number")
    assert found.exclude == (("constant", ("country",)), ("empty", ("nothing",)), ("free_text", ("remark",)))
    assert _column(found, "customer").unique
    assert found.entity is None


def test_a_column_that_gives_the_target_away_is_left_out() -> None:
    frame = _frame()
    found = guess(frame.with_columns(again=frame["y"]), "y")
    assert found.exclude == (("leaks_target", ("again",)),)
    assert found.doubts == ("`again` gives the target away: it is `y` under another name",)


def test_a_thing_that_rows_repeat_is_the_entity() -> None:
    repeated = [f"P{index // 3}" for index in range(ROWS)]
    assert guess(_frame(patient_id=repeated), "y").entity == "patient_id"
    assert guess(_frame(patient_id=repeated), "y").keys == ("patient_id",)
    assert guess(_frame(district=repeated), "y").entity is None


IDS = [f"{1000 + index // 3}" for index in range(ROWS)]


@pytest.mark.parametrize(
    ("ids", "missing"),
    [
        ([None, *IDS[1:]], 1),
        (["unknown", *IDS[1:]], 0),
        (["1000.5x", None, *IDS[2:]], 1),
        ([None if index % 3 else name for index, name in enumerate(IDS)][::-1], 400),
    ],
    ids=["one is missing", "one is a word", "one is odd and one missing", "most are missing"],
)
def test_a_missing_or_odd_name_of_a_thing_takes_no_protection_away(ids: list[str | None], missing: int) -> None:
    ids = ids if missing < 400 else [name if index % 2 else IDS[0] for index, name in enumerate(ids)]
    missing = ids.count(None)
    found = guess(_frame(patient_id=ids), "y")
    assert (found.entity, found.keys) == ("patient_id", ("patient_id",))
    said = (
        f"{missing} of 600 rows have no `patient_id`: each stands alone in the split, though it may belong to rows of "
        "another part; fill it, or remove these rows"
    )
    assert found.doubts == ((said,) if missing else ())


def test_names_of_a_thing_that_gaps_made_floats_of_are_still_names() -> None:
    ids = pl.Series([None, *map(float, IDS[1:])])
    assert guess(_frame(patient_id=ids), "y").entity == "patient_id"
    assert guess(_frame(row_id=pl.Series([None, *map(float, range(1, ROWS))])), "y").keys == ("row_id",)


def test_of_two_things_the_one_that_holds_the_other_is_kept_together() -> None:
    visits, patients = ([f"{index // size}" for index in range(ROWS)] for size in (2, 6))
    found = guess(_frame(session_id=visits, patient_id=patients), "y")
    assert (found.entity, found.keys, found.doubts) == ("patient_id", ("patient_id", "session_id"), ())
    crossed = guess(_frame(patient_id=patients, device_id=[f"{index % 150}" for index in range(ROWS)]), "y")
    assert (crossed.entity, crossed.keys) == ("patient_id", ("patient_id", "device_id"))
    assert crossed.doubts == (
        "rows of one `device_id` may be in several parts, as the split keeps those of one `patient_id` together; "
        "name `device_id` as `entity` and as the key of the split if it is what a row is about",
    )


def test_few_things_that_rows_repeat_are_told() -> None:
    found = guess(_frame(patient_id=[f"P{index % 12}" for index in range(ROWS)]), "y")
    assert found.entity is None
    assert found.doubts == (
        "`patient_id` has 12 values, too few to keep the rows of one together in the split: a model may know them "
        "again, so that it is better here than for a new one",
    )


def test_rows_without_a_target_are_counted_and_judge_nothing() -> None:
    frame = _frame(z=["1"] * 590 + ["2"] * 10)
    frame = frame.with_columns(y=pl.when(pl.col("__row__") < 590).then(pl.col("y")))
    found = guess(frame, "y")
    assert found.null_targets == 10
    assert found.exclude == (("constant", ("z",)),)


def test_a_table_with_nothing_to_learn_from_is_refused() -> None:
    frame = _frame(same=["1"] * ROWS).drop("x")
    with pytest.raises(ConfigurationError) as caught:
        guess(frame, "y")
    assert str(caught.value) == "no column is left to learn from: `same` (constant)"


def test_a_text_means_missing_where_it_keeps_a_column_from_being_numbers() -> None:
    assert null_texts(pl.DataFrame({"a": ["1", "NA", "2"]})) == ("NA",)
    assert null_texts(pl.DataFrame({"a": ["north", "NA", "None"]})) == ()
    assert null_texts(pl.DataFrame({"a": ["north", "?", "south"]})) == ("?",)
    assert null_texts(pl.DataFrame({"a": ["1", "2"]})) == ()


@pytest.mark.parametrize(
    ("name", "content", "separator", "nulls"),
    [
        ("a.csv", b"a,b\n1,2\n3,4\n", ",", ("",)),
        ("a.csv", b"a;b\n1,5;2\n3,25;4\n", ";", ("",)),
        ("a.tsv", b"a\tb\n1\t2\n3\tNA\n", "\t", ("", "NA")),
        ("a.txt", b"\xef\xbb\xbfa|b\n1|2\n3|4\n", "|", ("",)),
        ("a.CSV", "ä;b\nü;2\nö;4\n".encode("latin-1"), ";", ("",)),
        ("a.csv", "a;b\n1;2\n".encode("utf-16"), ";", ("",)),
        ("a.csv.gz", gzip.compress(b"a;b\n1;2\n", mtime=0), ";", ("",)),
    ],
)
def test_a_file_tells_how_it_is_to_be_read(
    name: str, content: bytes, separator: str, nulls: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    source = guessing.read(tmp_path / name).source
    assert (source.kind, source.path, source.separator, source.nulls) == ("csv", name, separator, nulls)


def test_parquet_and_arrow_need_no_looking(tmp_path: Path) -> None:
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "a.parquet")
    pl.DataFrame({"a": [1]}).write_ipc(tmp_path / "a.feather")
    assert guessing.read(tmp_path / "a.parquet").source.kind == "parquet"
    assert guessing.read(tmp_path / "a.feather").source.kind == "arrow"


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        guessing.read(tmp_path / "a.yaml")
    assert str(caught.value) == "`a.yaml` does not say what kind of table it is"
    (tmp_path / "a.csv.gz").write_bytes(b"not gzip at all")
    with pytest.raises(DataError) as damaged:
        guessing.read(tmp_path / "a.csv.gz")
    assert str(damaged.value) == "a.csv.gz cannot be read: it is damaged, or not what its name says"


def test_columns_are_described_without_a_target_and_nobody_by_value() -> None:
    frame = _frame(
        email=_cycle("a@example.org", "b@example.org"),
        age=_cycle("20", "60"),
        plan=_cycle("basic", "plus"),
        height=_cycle("150", "190"),
        zip=_cycle("100", "900"),
        flag=_cycle("0", "1"),
    ).drop("x", "y")
    found = {column.name: column for column in describe(frame, sensitive=("height",))}
    assert found == {
        "email": ColumnGuess("email", "category", personal=True),
        "age": ColumnGuess("age", "int", between=(0, None), sensitive=True),
        "plan": ColumnGuess("plan", "category", one_of=("basic", "plus")),
        "height": ColumnGuess("height", "int", between=(0, None), sensitive=True),
        "zip": ColumnGuess("zip", "int"),
        "flag": ColumnGuess("flag", "int", between=(0, 1)),
    }


@pytest.mark.parametrize("values", [[0.0012, 5.0], [-1e9, 3.0], [1e-300, 2e-300], [-0.5, 0.5]])
def test_a_range_has_room_on_both_sides(values: list[float]) -> None:
    frame = _frame(z=[str(values[index % 2]) for index in range(ROWS)])
    low, high = next(column for column in describe(frame) if column.name == "z").between or (None, None)
    assert low is not None
    assert high is not None
    assert low <= values[0]
    assert high >= values[1]


def test_a_name_of_each_row_does_not_hide_the_persons_whom_rows_are_about() -> None:
    orders = [str(10_000 + index) for index in range(ROWS)]
    mails = [f"u{index % 250}@mail.example" for index in range(ROWS)]
    found = guess(_frame(order_id=orders, customer_mail=mails), "y")
    assert (found.entity, set(found.keys)) == ("customer_mail", {"customer_mail", "order_id"})
    customers = [f"c{index % 200}" for index in range(ROWS)]
    assert guess(_frame(order_id=orders, customer_mail=mails, customer_id=customers), "y").entity == "customer_id"
    assert (
        guess(_frame(order_id=orders, customer_mail=[f"u{at}@mail.example" for at in range(ROWS)]), "y").entity is None
    )


def test_what_is_personal_is_described_by_no_value() -> None:
    raw = pl.DataFrame({"phone": _cycle("yes", "no"), "mail": [f"a{index}@b.org" for index in range(ROWS)]})
    assert describe(raw.with_columns(__row__=pl.int_range(ROWS)), hidden={"phone"}) == (
        ColumnGuess("phone", "bool", personal=True),
        ColumnGuess("mail", "string", personal=True),
    )


def test_blanks_alone_mean_a_missing_value():
    assert null_texts(pl.DataFrame({"a": ["1", " ", "2"]})) == (" ",)
    assert null_texts(pl.DataFrame({"a": ["north", "  ", "south"], "b": [" ", " ", " "]})) == (" ", "  ")
