"""Whether one run is better than another: better, worse, the same, or the rows cannot tell; and how that is printed."""

from __future__ import annotations

import pytest

from mlops.documents.figures import Figure
from mlops.documents.run_comparison import ComparedMetric, Key, RunComparison, Side
from mlops.operations.trying.compare import apart, standing
from mlops.present.terminal.comparison import lines


def figure(value: float, low: float | None = None, high: float | None = None) -> Figure:
    return Figure(value=value, low=low, high=high)


@pytest.mark.parametrize(
    ("metric", "difference", "expected"),
    [
        ("auroc", figure(0.02, 0.01, 0.03), "better"),
        ("auroc", figure(-0.02, -0.03, -0.01), "worse"),
        ("rmse", figure(-2, -3, -1), "better"),
        ("rmse", figure(2, 1, 3), "worse"),
        ("rmse", figure(2, 0, 3), "cannot tell"),
        ("auroc", figure(0.02, -0.01, 0.03), "cannot tell"),
        ("auroc", figure(0, 0, 0), "same"),
        ("auroc", figure(0.02), "cannot tell"),
    ],
)
def test_only_an_interval_on_one_side_of_nothing_tells(metric: str, difference: Figure, expected: str) -> None:
    assert standing(metric, difference) == expected


@pytest.mark.parametrize(
    ("metric", "first", "second", "expected"),
    [
        ("auroc", figure(0.7, 0.65, 0.75), figure(0.8, 0.76, 0.85), "better"),
        ("rmse", figure(0.7, 0.65, 0.75), figure(0.8, 0.76, 0.85), "worse"),
        ("auroc", figure(0.7, 0.65, 0.77), figure(0.8, 0.76, 0.85), "cannot tell"),
        ("auroc", figure(0.7, 0.7, 0.7), figure(0.7, 0.7, 0.7), "cannot tell"),
        ("auroc", figure(0.7), figure(0.8, 0.76, 0.85), "cannot tell"),
    ],
)
def test_of_other_rows_only_intervals_that_do_not_touch_tell(
    metric: str, first: Figure, second: Figure, expected: str
) -> None:
    assert apart(metric, first, second).second_is == expected


FOUND = RunComparison(
    pipeline="churn",
    first=Side(
        name="main (0123abcd)", data="sha256:" + "a" * 64, rows={"train": 300, "validation": 100}, candidate="linear"
    ),
    second=Side(
        name="trial 3f2a9c1e", data="sha256:" + "a" * 64, rows={"train": 280, "validation": 100}, candidate="mlp"
    ),
    keys=(Key(key="model.mlp.lr", first=0.001, second=0.01), Key(key="seed", first="(absent)", second=3)),
    code=("train",),
    part="validation",
    paired=True,
    confidence=0.95,
    metrics={
        "auroc": ComparedMetric(
            first=figure(0.7, 0.65, 0.75),
            second=figure(0.72, 0.67, 0.77),
            difference=figure(0.02, 0.01, 0.03),
            second_is="better",
        ),
        "ece": ComparedMetric(first=figure(0.05), second=figure(0.06), second_is="cannot tell"),
    },
)


def test_what_differs_is_printed_first_and_then_which_is_better(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert list(lines(FOUND)) == [
        "churn: main (0123abcd) → trial 3f2a9c1e",
        "  configuration      model.mlp.lr: 0.001 → 0.01",
        "                     seed: (absent) → 3",
        "  code or libraries  other in train",
        "  candidate          linear → mlp",
        "  data               the same, train 300 → 280, validation 100 rows",
        "  validation rows, the same for both: paired, intervals of 95%",
        "    auroc  0.700  [0.650, 0.750]  0.720  [0.670, 0.770]  +0.020  [+0.010, +0.030]  better",
        "    ece    0.050                  0.060  cannot tell",
    ]


def test_rows_that_are_others_are_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    apart_ = FOUND.model_copy(
        update={
            "paired": False,
            "keys": (),
            "code": (),
            "second": FOUND.first.model_copy(update={"data": "sha256:" + "b" * 64}),
        }
    )
    found = list(lines(apart_))
    assert found[1:4] == [
        "  configuration  the same",
        "  data           aaaaaaaaaaaa → bbbbbbbbbbbb, train 300, validation 100 rows",
        "  validation rows, which are others or not here: told apart only where intervals do not touch, "
        "intervals of 95%",
    ]
