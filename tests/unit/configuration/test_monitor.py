from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mlops.compiler.lower.inputs import Facts
from mlops.compiler.lower.stages import lower_stages
from mlops.configuration.checking.checks import check
from mlops.configuration.monitor import Monitor
from mlops.configuration.pipeline import Pipeline

PIPELINE: dict[str, Any] = {
    "description": "x",
    "owners": ["@a"],
    "risk": "minimal",
    "task": "binary",
    "data": {"source": {"kind": "csv", "path": "data/x.csv"}, "target": "y"},
    "model": {"linear": {"kind": "linear"}},
    "gates": [{"metric": "auroc", "at_least": 0.6}],
}


def pipeline(**monitor: Any) -> Pipeline:
    return Pipeline.model_validate({**PIPELINE, "monitor": monitor})


def test_one_line_is_enough() -> None:
    monitor = Monitor.model_validate({"every": "day"})
    assert (monitor.window, monitor.log, monitor.drift.at_least, monitor.retrain) == ("day", None, 0.1, None)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"every": "minute"}, "'hour', 'day' or 'week'"),
        ({"log": "../elsewhere"}, "relative to the repository"),
        ({"labels": "/etc/passwd"}, "relative to the repository"),
        ({"log": "ftp://host/log"}, "has another scheme than abfs://, az://, file://, gs://, s3://: write one such as"),
        (
            {"log": "file:///etc"},
            "an address of the monitor is a folder of the system, or a hidden one: write one such",
        ),
        ({"labels": "s3://key:secret@bucket/l.csv"}, "credentials and options belong into the environment"),
        ({"drift": {"minimum_rows": 100}}, "greater than or equal to 500"),
        ({"drift": {"windows": 4, "out_of": 3}}, "4 windows of 3 cannot be"),
        ({"history": 2}, "a history of 2 windows cannot show 3: `drift.out_of`"),
        ({"performance": {"metric": "auroc"}}, "write one of `at_least`, `at_most` and `no_worse_than`"),
        ({"performance": {"metric": "auroc", "at_least": 0.6, "no_worse_than": 0.1}}, "write one of"),
        ({"retrain": {"when": []}}, "at least 1 item"),
    ],
)
def test_what_cannot_be_watched_is_refused(value: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match="1 validation error") as caught:
        Monitor.model_validate(value)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("monitor", "rule", "path"),
    [
        ({"performance": {"metric": "rmse", "at_most": 1.0}, "labels": "l.csv"}, "unknown-metric", "metric"),
        ({"performance": {"metric": "auroc", "at_most": 0.5}, "labels": "l.csv"}, "bound-direction", "at_most"),
        ({"performance": {"metric": "auroc", "at_least": 7.4}, "labels": "l.csv"}, "bound-out-of-range", "at_least"),
        ({"performance": {"metric": "latency_p99", "at_most": 1.0}, "labels": "l.csv"}, "unknown-metric", "metric"),
        ({"performance": {"metric": "auroc", "at_least": 0.5}}, "monitor", "performance"),
        ({"retrain": {"when": ["drift"]}}, "monitor", "retrain"),
        ({"retrain": {"when": ["performance"]}, "labels": "l.csv"}, "monitor", "when"),
    ],
)
def test_what_would_never_alarm_is_a_finding(monitor: dict[str, Any], rule: str, path: str) -> None:
    (problem,) = check(pipeline(**monitor))
    assert (problem.rule, problem.path[-1]) == (rule, path)


def test_a_metric_goes_by_what_scikit_learn_calls_it_too() -> None:
    watched = pipeline(labels="l.csv", performance={"metric": "roc_auc", "at_least": 0.6})
    assert check(watched) == ()
    assert watched.monitor is not None
    assert watched.monitor.performance is not None
    assert watched.monitor.performance.metric == "auroc"


def test_a_change_of_the_monitor_makes_no_stage_stale() -> None:
    plain = lower_stages("x", Pipeline.model_validate(PIPELINE), Facts())
    bound = {"metric": "auroc", "no_worse_than": 0.1}
    watched = pipeline(labels="l.csv", performance=bound, retrain={"when": ["drift"]})
    assert check(watched) == ()
    assert lower_stages("x", watched, Facts()) == plain
