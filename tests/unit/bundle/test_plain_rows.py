"""Plain rows, read in one pass, are the model's input that the general readers make of them, or are left to those."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.bundle import plain_rows
from mlops.bundle.model import OnnxModel
from mlops.bundle.one_row import OneRow
from mlops.bundle.plain_rows import PlainRows
from mlops.bundle.predictor import Predictor
from mlops.bundle.schema import RequestSchema
from mlops.bundle.small_batch import SmallBatch
from mlops.bundle.transform import Transform
from tests.builders.bundles import make_frame, make_model, make_predictor, make_recipe
from tests.builders.mixed import KEPT
from tests.kept.make import unpack

GOOD = {"age": 40.5, "visits": 3, "insured": True, "plan": "basic", "joined": "2020-02-29", "seen": None}
PREDICTOR = make_predictor()
PLAIN = PlainRows(PREDICTOR)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**64), 2**64),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(
        ["basic", "gold", "new", "", "NA", "2020-02-29", "2021-05-01T08:00:00Z", "31.12.2024", "\ud800", "é"]
    ),
    st.lists(st.none(), max_size=1),
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {name: st.just(value) | VALUES for name, value in GOOD.items()}, optional={"more": st.just(1)}
    )
    | st.sampled_from([dict(GOOD)] * 3 + [{}, [], 1, "row", None]),
    min_size=1,
    max_size=5,
)


def generally(predictor: Predictor, rows: list[Any]) -> Any:
    """Read rows as ever; None where one is refused."""
    read = predictor.read(rows)
    return None if predictor.inspect(read).count else predictor.transform.apply_rows(read)


@given(ROWS)
def test_what_it_reads_is_what_the_general_readers_make_of_it(rows: list[Any]) -> None:
    wanted = generally(PREDICTOR, rows)
    found = PLAIN.table(rows)
    if found is not None:
        assert PREDICTOR.transform.assemble(found, small=True).tobytes() == wanted.tobytes()
    packed = PLAIN.packed(rows)
    scores = None if packed is None else SmallBatch(PREDICTOR).score([packed])
    assert (scores is None) == (found is None)  # the two ways leave the same rows to others
    if scores is not None:
        assert scores.tobytes() == PREDICTOR.model.score(wanted).tobytes()


@given(st.lists(st.fixed_dictionaries({name: VALUES | st.just(value) for name, value in GOOD.items()}), max_size=4))
def test_columns_are_read_as_rows_are(rows: list[dict[str, Any]]) -> None:
    names = list(GOOD)
    columns = [[row[name] for row in rows] for name in names]
    of_rows, of_columns = PLAIN.table(rows), PLAIN.table_of_columns(names[::-1], columns[::-1])
    assert (of_rows is None) == (of_columns is None)
    if of_rows is not None and of_columns is not None:
        assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(of_rows[:2], of_columns[:2], strict=True))


def test_rows_as_most_are_are_plain() -> None:
    rows = [GOOD, GOOD | {"age": None, "plan": "never seen"}, GOOD | {"age": 3, "seen": "2020-05-01T08:00:00"}]
    assert PLAIN.packed(rows) is not None
    assert PLAIN.table(rows * 100) is not None


@pytest.mark.parametrize(
    ("names", "columns"),
    [
        (["age"], [[1.0]]),
        ([*[*GOOD][:5], "age"], [[1]] * 6),
        ([*GOOD], [[1]] * 5),
        ([*GOOD], [[1, 2], *[[1]] * 5]),
        ([[]] * 6, [[1]] * 6),
        ([*GOOD], [[]] * 6),
    ],
)
def test_other_columns_are_left_to_others(names: list[Any], columns: list[list[Any]]) -> None:
    assert PLAIN.table_of_columns(names, columns) is None


def test_a_bundle_that_is_for_some_rows_alone_is_not_read_so() -> None:
    transform = Transform.parse(make_recipe(make_frame(), where={"keep": "age > 0", "outside": "warn"}))
    predictor = Predictor(transform, OnnxModel(make_model(transform.shape)), RequestSchema.of(transform.recipe))
    assert PlainRows.of(predictor) is None


def columns_of(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[list[Any]]]:
    """Draw columns of one length."""
    return st.integers(1, 60).flatmap(
        lambda rows: st.lists(st.lists(values, min_size=rows, max_size=rows), min_size=1, max_size=4)
    )


FLOATS, WHOLE = st.floats(allow_nan=False), st.integers(-(2**33), 2**33)


@given(
    columns_of(FLOATS | st.integers(-9, 9)) | columns_of(FLOATS) | columns_of(WHOLE),
    st.sampled_from(["float", "int", "bool"]),
)
def test_columns_read_together_are_what_numpy_reads(columns: list[list[Any]], kind: str) -> None:
    found = plain_rows._together(columns, len(columns[0]), kind)
    wanted = {"float": float, "int": int, "bool": None}[kind]
    alike = all(type(value) is wanted for column in columns for value in column)
    if found is None:
        assert not alike or kind == "bool" or any(abs(value) > 2**31 - 1 for column in columns for value in column)
    else:
        assert alike
        assert np.array_equal(found.astype(np.float64), np.array(columns, dtype=np.float64))


@pytest.mark.parametrize(
    "columns", [[("g" * 8,)], [(1.5,), ("g" * 8,)], [(b"g" * 13,)], [((1.5, 2.5),)], [(1.5, None)], [(True, 1.5)]]
)
def test_what_is_written_as_long_as_a_float_is_not_taken_for_one(columns: list[tuple[Any, ...]]) -> None:
    assert plain_rows._together(columns, len(columns[0]), "float") is None


@pytest.mark.parametrize("column", [(1.0, True), (1.0, "g" * 8), (1, None), ("g",), (1.5, [2.5])])
def test_a_column_with_a_value_of_another_type_is_not_taken(column: Any) -> None:
    with pytest.raises(plain_rows.Unusual):
        plain_rows._numbers(column, frozenset({int, float}))


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.stem)
def test_one_row_without_arrays_is_the_row_with_them(kept: Path, tmp_path: Path) -> None:
    predictor = Predictor.open(bundle := unpack(kept, tmp_path / "bundle"))
    plain = PlainRows.of(predictor)
    for row in json.loads((bundle / "golden.json").read_bytes())["rows"]:
        packed = None if plain is None else plain.packed([row])
        if packed is not None:
            scores = SmallBatch(predictor).score([packed])
            assert scores is not None
            assert scores.tobytes() == predictor.predict_rows([row]).tobytes()
    assert "cnn" in kept.stem or plain is not None


WIDE = Predictor.open(unpack(next(kept for kept in KEPT if "lightgbm_binary" in kept.stem), Path(mkdtemp()) / "bundle"))


@given(st.data())
def test_one_row_is_written_as_many_are_or_left_to_others(data: st.DataObject) -> None:
    plain, one = PlainRows(WIDE), OneRow.of(WIDE.transform)
    assert one is not None
    kinds = {field.name: field.type for field in WIDE.schema.fields}
    drawn = {"float": st.floats(allow_nan=False, allow_infinity=False), "int": st.integers(-(2**63), 2**64 - 1)}
    row = {name: data.draw(drawn.get(kind, st.sampled_from(["a", "b", "new"])), name) for name, kind in kinds.items()}
    packed, x = plain.packed([row]), np.zeros((1, *WIDE.transform.shape), dtype=np.float32)
    wanted = generally(WIDE, [row])
    if packed is not None and packed.first is not None and one.write(packed.first, packed.codes, x):
        assert x.tobytes() == wanted.tobytes()
