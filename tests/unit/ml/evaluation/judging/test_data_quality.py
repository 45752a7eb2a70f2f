"""Rules on what the checks of the data said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from mlops.ml.evaluation.judging.data_quality import judge
from mlops.ml.evaluation.judging.gate import Reports
from mlops.ml.evaluation.judging.rule import Rule

if TYPE_CHECKING:
    from pathlib import Path

PASSED, WARNED = {"name": "rows", "passed": True}, {"name": "nulls", "passed": False}


def judged(
    folder: Path, report: Any, metric: str = "data_warnings", at_most: float = 0, **rule: Any
) -> tuple[str, str]:
    if report is not None:
        (folder / "data.json").write_text(json.dumps(report))
    (result,) = judge([Rule("r", metric, at_most=at_most, **rule)], Reports.read(folder).data, 0.95)
    return result.verdict, result.sentence


@pytest.mark.parametrize(
    ("checks", "at_most", "expected"),
    [
        ([PASSED] * 3, 0, ("pass", "data_warnings is 0, at most 0 as required, of 3 checks")),
        ([PASSED, WARNED], 1, ("pass", "data_warnings is 1, at most 1 as required, of 2 checks")),
        ([PASSED, WARNED, WARNED], 1, ("fail", "data_warnings is 2 but must be at most 1, of 3 checks")),
        ([PASSED, {"name": "x"}], 0, ("fail", "data_warnings is 1 but must be at most 0, of 2 checks")),
        ([], 0, ("fail", "data_warnings cannot be told: reports/data.json lists no checks")),
    ],
)
def test_warnings_are_counted(tmp_path: Path, checks: Any, at_most: float, expected: tuple[str, str]) -> None:
    assert judged(tmp_path, {"checks": checks}, at_most=at_most) == expected


@pytest.mark.parametrize(
    ("noise", "expected"),
    [
        (
            {"share": 0.02, "rows": 5000},
            ("pass", "data_label_noise is 0.020 [0.0165, 0.0243], at most 0.05 as required, of 5,000 rows"),
        ),
        (
            {"share": 0.04, "rows": 300},
            (
                "inconclusive",
                "data_label_noise is 0.040 [0.023, 0.069] and must be at most 0.05: its interval reaches past that, "
                "on 300 rows",
            ),
        ),
        (
            {"share": 0.08, "rows": 5000},
            ("fail", "data_label_noise is 0.080 but must be at most 0.05, of 5,000 rows"),
        ),
        (
            {"share": None, "rows": 20, "reason": "too few rows"},
            ("fail", "data_label_noise cannot be told: label noise was not estimated: too few rows"),
        ),
        (
            {"share": float("nan"), "rows": 20},
            ("fail", "data_label_noise cannot be told: reports/data.json gives no share of rows"),
        ),
        (
            {"share": 0.0, "rows": 10**400},
            ("fail", "data_label_noise cannot be told: reports/data.json gives no share of rows"),
        ),
        (
            {"share": 10**400, "rows": 20},
            ("fail", "data_label_noise cannot be told: reports/data.json gives no share of rows"),
        ),
        (None, ("fail", "data_label_noise cannot be told: label noise was not estimated")),
    ],
)  # fmt: skip
def test_an_estimated_share_passes_with_all_of_its_interval(
    tmp_path: Path, noise: Any, expected: tuple[str, str]
) -> None:
    assert judged(tmp_path, {"label_noise": noise}, "data_label_noise", 0.05) == expected


def test_a_bound_that_is_no_number_is_not_kept_to(tmp_path: Path) -> None:
    assert judged(tmp_path, {"checks": [PASSED]}, at_most=float("nan"))[0] == "fail"
    noise = {"label_noise": {"share": 0.0, "rows": 5000}}
    assert judged(tmp_path, noise, "data_label_noise", float("nan"))[0] == "fail"


def test_without_a_report_nothing_passes(tmp_path: Path) -> None:
    said = "data_warnings cannot be told: there is no reports/data.json"
    assert judged(tmp_path, None) == ("fail", said)
    assert judged(tmp_path, None, on_missing="inconclusive") == ("inconclusive", said)
    (tmp_path / "data.json").write_text("{")
    assert judged(tmp_path, None) == ("fail", said)


def test_a_kind_of_rule_that_is_gone_passes_nothing(tmp_path: Path) -> None:
    said = "data_acme cannot be told: no kind of rule `acme` is installed"
    assert judged(tmp_path, {"checks": [PASSED]}, "data_acme", 1) == ("fail", said)
