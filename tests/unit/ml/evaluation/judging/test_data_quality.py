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
        ([PASSED] * 3, 0, ("pass", "Warnings: 0 (3 checks); at most 0 is allowed")),
        ([PASSED, WARNED], 1, ("pass", "Warnings: 1 (2 checks); at most 1 is allowed")),
        ([PASSED, WARNED, WARNED], 1, ("fail", "Warnings: 2 (3 checks), but at most 1 is allowed")),
        ([PASSED, {"name": "x"}], 0, ("fail", "Warnings: 1 (2 checks), but at most 0 is allowed")),
        ([], 0, ("fail", "Warnings cannot be told: reports/data.json lists no checks")),
    ],
)
def test_warnings_are_counted(tmp_path: Path, checks: Any, at_most: float, expected: tuple[str, str]) -> None:
    assert judged(tmp_path, {"checks": checks}, at_most=at_most) == expected


@pytest.mark.parametrize(
    ("noise", "expected"),
    [
        (
            {"share": 0.02, "rows": 5000},
            ("pass", "Label noise is 0.020 [0.0165, 0.0243] (5,000 rows); at most 0.05 is allowed"),
        ),
        (
            {"share": 0.04, "rows": 300},
            (
                "inconclusive",
                "Label noise is 0.040 [0.023, 0.069] (300 rows); at most 0.05 is allowed: "
                "its interval reaches past that",
            ),
        ),
        (
            {"share": 0.08, "rows": 5000},
            ("fail", "Label noise is 0.080 [0.073, 0.088] (5,000 rows), but at most 0.05 is allowed"),
        ),
        (
            {"share": None, "rows": 20, "reason": "too few rows"},
            ("fail", "Label noise cannot be told: label noise was not estimated: too few rows"),
        ),
        (
            {"share": float("nan"), "rows": 20},
            ("fail", "Label noise cannot be told: reports/data.json gives no share of rows"),
        ),
        (
            {"share": 0.0, "rows": 10**400},
            ("fail", "Label noise cannot be told: reports/data.json gives no share of rows"),
        ),
        (
            {"share": 10**400, "rows": 20},
            ("fail", "Label noise cannot be told: reports/data.json gives no share of rows"),
        ),
        (None, ("fail", "Label noise cannot be told: label noise was not estimated")),
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
    said = "Warnings cannot be told: there is no reports/data.json"
    assert judged(tmp_path, None) == ("fail", said)
    assert judged(tmp_path, None, on_missing="inconclusive") == ("inconclusive", said)
    (tmp_path / "data.json").write_text("{")
    assert judged(tmp_path, None) == ("fail", said)


def test_a_kind_of_rule_that_is_gone_passes_nothing(tmp_path: Path) -> None:
    said = "Acme cannot be told: no kind of rule `acme` is installed"
    assert judged(tmp_path, {"checks": [PASSED]}, "data_acme", 1) == ("fail", said)
