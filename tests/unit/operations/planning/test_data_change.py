from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from mlops.documents.change_report import DataChange, Share, Shift
from mlops.documents.data import DataReport
from mlops.operations.planning.data_change import compare_reports, look, parse_report
from mlops.operations.planning.plan import plan
from mlops.operations.workspace import open_workspace
from mlops.present.terminal.plan import text
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
