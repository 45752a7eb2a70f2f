from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from mlops.documents.change_report import DataChange, Share, Shift, TableChange
from mlops.documents.data import DataReport
from mlops.operations.planning.data_change import Table, compare_reports, look, parse_report
from mlops.operations.planning.plan import plan
from mlops.operations.workspace import open_workspace
from mlops.present.terminal.plan import data_lines, text
from mlops.sources.source import Source
from tests.builders.repositories import commit, make_repository, record

AGE = {"name": "age", "type": "int", "nulls": 0, "distinct": 60, "min": None, "max": None, "mean": 40.0, "std": 10.0}
PLAN = {"name": "plan", "type": "category", "nulls": 10, "distinct": 2, "mean": None, "std": None}


def report(source: str = "a", rows: int = 1000, columns: tuple[dict[str, Any], ...] = (AGE, PLAN), **more: Any) -> Any:
    checks = [{"name": "between", "column": "age", "passed": True, "failed": 0, "total": rows}]
    target = {"rows": rows, "classes": [{"label": False, "rows": rows // 2}, {"label": True, "rows": rows // 2}]}
    found = {"source": source, "rows": rows, "columns": list(columns), "checks": checks, "target": target, **more}
    return DataReport.model_validate(found)


def test_the_same_data_is_no_change() -> None:
    assert compare_reports(report(), report(checks=[])) is None


def test_rows_columns_types_nulls_classes_means_and_checks_are_compared() -> None:
    after = report(
        "b",
        1200,
        ({**AGE, "mean": 45.0, "type": "float"}, {**PLAN, "nulls": 240}, {**AGE, "name": "tenure"}),
        checks=[{"name": "between", "column": "age", "passed": False, "failed": 12, "total": 1200}],
        target={"rows": 1200, "classes": [{"label": False, "rows": 300}, {"label": True, "rows": 900}]},
    )
    assert compare_reports(report(), after) == DataChange(
        recorded=True,
        rows_before=1000,
        rows_after=1200,
        added=("tenure",),
        retyped=("age: int → float",),
        nulls=(Share("plan", 0.01, 0.2),),
        classes=(Share("False", 0.5, 0.25), Share("True", 0.5, 0.75)),
        shifts=(Shift("age", 0.5),),
        checks=("between of age: passed → failed (12 of 1,200)",),
    )


@pytest.mark.parametrize(
    "data",
    [
        None,
        b"",
        b"x",
        b"[]",
        b'{"rows": "9"}',
        b'{"rows": 9, "columns": []}',
        b'{"rows": 9, "columns": [1]}',
        b'{"rows": 9, "columns": [{"name": "a"}]}',
    ],
)
def test_what_is_no_report_is_none(data: bytes | None) -> None:
    assert parse_report(data) is None


@pytest.mark.parametrize("compressed", [True, False])
def test_a_new_file_is_only_looked_at(tmp_path: Path, compressed: bool) -> None:
    content = b"age;plan;tenure\n1;free;2\n\n2;paid;3\n"
    path = tmp_path / ("x.csv.gz" if compressed else "x.csv")
    path.write_bytes(gzip.compress(content) if compressed else content)
    found = look(report(), path, Source(kind="csv", path="x.csv"))
    assert found == DataChange(False, 1000, 2, added=("tenure",))


def test_what_cannot_be_looked_at_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "x.csv.gz").write_bytes(b"no gzip")
    damaged = gzip.compress(b"a,b\n" * 1000)
    (tmp_path / "y.csv.gz").write_bytes(damaged[:12] + b"\xff" * 8 + damaged[20:])
    for path, kind in (
        (tmp_path / "x.csv.gz", "csv"),
        (tmp_path / "y.csv.gz", "csv"),
        (tmp_path / "nowhere.csv", "csv"),
        (tmp_path / "x", "parquet"),
    ):
        assert look(report(), path, Source(kind=kind, path="x")).rows_after is None


def test_a_plan_tells_aggregates_and_never_a_value(tmp_path: Path) -> None:
    root = make_repository(tmp_path)
    record(root)
    place = root / "pipelines/churn/reports/data.json"
    place.write_text(report().dumps())
    base = commit(root)
    data = root / "pipelines/churn/data/churn.csv"
    data.write_text(data.read_text() + "7654321,free,true\n")
    shown = text(plan(open_workspace(root), base))
    assert "  data          rows 1,000 → " in shown
    assert "counted in lines; not checked before it runs" in shown
    place.write_text(report("b", 1200, ({**AGE, "mean": 45.0, "max": 7654321}, PLAN)).dumps())
    shown = text(plan(open_workspace(root), base))
    assert "rows 1,000 → 1,200 (+200)" in shown
    assert "means moved, in standard deviations: age +0.50" in shown
    assert "7654321" not in shown


def test_a_first_line_that_is_no_header_tells_no_columns(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("x" * 200_000 + "\n1\n")
    assert look(report(), tmp_path / "x.csv", Source(kind="csv", path="x.csv")).added == ()


def plans(rows: int = 3, columns: tuple[str, ...] = ("price",), digest: str = "1") -> dict[str, Any]:
    return {
        "table": "data/plans.csv",
        "unmatched": 0,
        "rows": 1000,
        "table_rows": rows,
        "columns": columns,
        "digest": digest,
    }


def judged(rows: int, digest: str) -> dict[str, Any]:
    return {"table": "data/judged.csv", "rows": rows, "digest": digest, "others": "x"}


def test_each_table_beside_the_rows_is_named() -> None:
    before = report(joined=[plans(), plans(), {**plans(), "table": "data/gone.csv"}], test=judged(90, "1"))
    after = report(
        "b",
        joined=[plans(), plans(5, ("price", "tax"), "2"), {**plans(), "table": "data/new.csv"}],
        test=judged(100, "2"),
    )
    found = compare_reports(before, after)
    assert found is not None
    assert found.tables == (
        TableChange("table data/plans.csv (2)", 3, 5, added=("tax",)),
        TableChange("table data/gone.csv", 3, None, removed=("price",)),
        TableChange("test set data/judged.csv", 90, 100),
        TableChange("table data/new.csv", None, 3, added=("price",)),
    )
    assert list(data_lines(found))[-4:] == [
        "table data/plans.csv (2): rows 3 → 5 (+2), columns +tax",
        "table data/gone.csv: rows 3 → ?, columns -price",
        "test set data/judged.csv: rows 90 → 100 (+10)",
        "table data/new.csv: rows ? → 3, columns +price",
    ]


def test_other_values_in_as_many_rows_are_told_too() -> None:
    found = compare_reports(report(joined=[plans()]), report("b", joined=[plans(digest="2")]))
    assert found is not None
    assert list(data_lines(found))[-1] == "table data/plans.csv: other values in 3 rows"


def test_a_new_table_beside_the_rows_is_only_looked_at(tmp_path: Path) -> None:
    (tmp_path / "plans.csv").write_text("plan,fee\nfree,0\npaid,9\n")
    table = Table("table data/plans.csv", Source(kind="csv", path="data/plans.csv"), tmp_path / "plans.csv")
    found = look(report(joined=[plans()]), tmp_path / "x.csv", table.source, [table], moved=False)
    assert (found.rows_before, found.rows_after) == (1000, 1000)
    assert found.tables == (TableChange("table data/plans.csv", 3, 2, removed=("price",)),)


JOINED = """\
source: {kind: csv, path: data/churn.csv}
join: [{source: {kind: csv, path: data/plans.csv}, by: [plan], cardinality: one}]
columns:
  age: {type: int, between: [0, 120]}
  plan: {type: category, in: [free, paid]}
  left: {type: bool}
"""


def test_a_plan_names_the_joined_table_that_moved(tmp_path: Path) -> None:
    root = make_repository(tmp_path)
    (root / "conf/data/churn.yaml").write_text(JOINED)
    table = root / "pipelines/churn/data/plans.csv"
    table.write_text("plan,price\nfree,0\npaid,9\n")
    record(root)
    (root / "pipelines/churn/reports/data.json").write_text(report(joined=[plans(2)]).dumps())
    base = commit(root)
    table.write_text("plan,price\nfree,0\npaid,9\ngold,99\n")
    shown = text(plan(open_workspace(root), base))
    assert "\n                table data/plans.csv: rows 2 → 3 (+1)\n" in shown.replace("  data   ", "         ")
