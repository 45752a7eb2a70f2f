"""No column name of ours, or of Polars, meets one of a table."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from mlops.blocks.block import NewColumn
from mlops.blocks.column_name import kept_for
from mlops.errors import DataError
from mlops.ml.data.names import ROWS, VALUE, counted, helper, refuse_kept
from tests.conftest import ROOT

NAMES = st.sampled_from(["count", "value", "rows", "len", "literal", "index", "", "a.b", '"', "{x}"]) | st.text(
    max_size=8
)
HOME = ROOT / "mlops/ml/data/names.py"
_NAMED_BY_POLARS = {"value_counts", "unpivot", "melt", "to_dummies", "describe", "with_row_count"}


@given(NAMES.filter(lambda name: not kept_for(name)), st.lists(st.integers(0, 3), max_size=20))
def test_values_are_counted_whatever_their_column_is_called(name: str, values: list[int]) -> None:
    found = counted(pl.Series(name, values, dtype=pl.Int64))
    assert found.columns == [VALUE, ROWS]
    assert dict(found.iter_rows()) == Counter(values)


@given(NAMES)
def test_a_name_is_kept_or_polars_takes_it_for_that_column_alone(name: str) -> None:
    if kept_for(name):
        return
    frame = pl.DataFrame({name: [1, 2], "another": [3, 4]} if name != "another" else {name: [1, 2]})
    assert frame.select(pl.col(name)).columns == [name]
    assert frame[name].rank().name == name
    assert frame.drop(name).columns == [other for other in frame.columns if other != name]


@pytest.mark.parametrize(
    ("name", "purpose"),
    [
        ("*", "patterns of several columns"),
        ("^a.*$", "patterns of several columns"),
        ("__row__", "the row's position"),
        (helper("period"), "columns of this program"),
    ],
)
def test_what_would_mean_another_column_is_refused_where_it_is_read_and_where_it_is_made(
    name: str, purpose: str
) -> None:
    class Made(BaseModel):
        name: NewColumn

    with pytest.raises(DataError) as caught:
        refuse_kept(["a", name], "a.csv")
    assert str(caught.value) == f"a.csv has a column `{name}`, a name kept for {purpose}"
    with pytest.raises(ValidationError, match=f"is a name kept for {purpose}"):
        Made(name=name)
    assert Made(name="^a").name == "^a"


def unsafe(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Find calls by which a name of Polars' or of ours comes to stand among the columns of somebody's table."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        method, given_names = node.func.attr, [argument for argument in node.args if isinstance(argument, ast.Constant)]
        if method in _NAMED_BY_POLARS:
            yield node.lineno, method
        if method == "with_row_index" and (given_names or not node.args):
            yield node.lineno, method
        if method == "agg" and any(_is_unnamed_length(argument) for argument in node.args):
            yield node.lineno, "agg"
        if method in {"with_columns", "agg"} and (node.keywords or any(map(_is_literal_alias, node.args))):
            yield node.lineno, method


def _is_unnamed_length(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"len", "count"}


def _is_literal_alias(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "alias"
        and isinstance(node.args[0], ast.Constant)
    )


OWN_TABLES = {"mlops/ml/data/lookback.py": {"agg"}}
"""Files whose tables have columns of ours alone, with the calls that may name them."""


@pytest.mark.slow
def test_no_helper_column_is_named_beside_those_of_a_table() -> None:
    found = {
        (file.relative_to(ROOT).as_posix(), line, call)
        for file in (ROOT / "mlops").rglob("*.py")
        if file != HOME
        for line, call in unsafe(ast.parse(file.read_text()))
    }
    assert {place for place in found if place[2] not in OWN_TABLES.get(place[0], ())} == set()
    assert {place[0] for place in found} == set(OWN_TABLES)


@pytest.mark.parametrize(
    "planted",
    [
        "s.value_counts()",
        "f.with_row_index()",
        "f.with_row_index('at')",
        "f.group_by(k).agg(pl.len())",
        "f.with_columns(pl.col(k).alias('part'))",
        "f.with_columns(part=1)",
        "f.unpivot()",
    ],
)
def test_a_planted_helper_column_is_seen(planted: str) -> None:
    assert list(unsafe(ast.parse(planted)))


@pytest.mark.parametrize(
    "safe", ["counted(s)", "f.with_row_index(ROW)", "g.agg(pl.len().alias(ROWS))", "f.with_columns(x.alias(name))"]
)
def test_what_names_its_columns_by_what_no_table_has_is_let_through(safe: str) -> None:
    assert not list(unsafe(ast.parse(safe)))
