"""One list of every column that a pipeline names, by the types of its keys."""

from __future__ import annotations

import doctest
from pathlib import Path
from typing import Any

from mlops.configuration import columns
from mlops.configuration.columns import Mention, kept, mentions
from mlops.configuration.load import load_pipeline
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.reading.library import Configuration
from tests.builders.every_key import every_key
from tests.unit.configuration.test_monitor import PIPELINE


def named(**keys: Any) -> list[tuple[str, str]]:
    found = mentions(Pipeline.model_validate(PIPELINE | keys))
    return [(each.purpose, each.column) for each in found if each.purpose != "data.target"]


def test_every_key_that_names_a_column_is_in_the_list(tmp_path: Path) -> None:
    loaded, problems = load_pipeline(Configuration(every_key(tmp_path)), "churn")
    assert loaded is not None, problems
    assert {mention.purpose for mention in mentions(loaded.spec) if mention.use != "made"} == {
        "data.target",
        "data.columns",
        "data.derive.old.from",
        "data.derive.payer.from",
        "data.derive.worth",
        "data.where.keep",
        "data.join.by",
        "data.join.as_of.time",
        "data.exclude.after_outcome",
        "data.exclude.identifier",
        "data.include",
        "data.entity",
        "data.weight",
        "data.keys",
        "data.unique",
        "data.pairs.left",
        "data.pairs.right",
        "data.freshness.column",
        "data.checks.columns",
        "data.drift.columns",
        "data.split.key",
        "features.drop",
        "evaluate.slices",
        "evaluate.bins",
        "evaluate.crosses",
        "evaluate.labels",
        "evaluate.explain.key",
        "gates.of",
        "monitor.quality.columns",
        "monitor.drift.ignore",
        "monitor.drift.columns",
    }
    assert {mention.purpose for mention in mentions(loaded.spec) if mention.use == "made"} == {
        "data.derive",
        "data.source.names",
        "data.source.beside.names.then",
    }


def test_a_mention_stands_where_it_was_written() -> None:
    spec = Pipeline.model_validate(PIPELINE | {"evaluate": {"slices": ["plan"], "bins": {"age": [30]}}})
    assert list(mentions(spec)) == [
        Mention("y", ("data", "target"), "read"),
        Mention("plan", ("evaluate", "slices", 0), "kept"),
        Mention("age", ("evaluate", "bins", "age"), "kept", key=True),
    ]
    assert list(kept(spec)) == [(("evaluate", "slices", 0), "plan"), (("evaluate", "bins", "age"), "age")]


def test_keys_of_blocks_that_few_pipelines_have() -> None:
    assert named(forecast={"horizon": 7, "series": "shop", "known": ["holiday"]}) == [
        ("forecast.series", "shop"),
        ("forecast.known", "holiday"),
    ]
    own = {"use": "pipelines.churn.enrich:run", "keys": ["account"]}
    assert named(stages={"enrich": own}) == [("stages.enrich.keys", "account")]
    rule = {"metric": "auroc", "at_least": 0.6, "by": "plan"}
    assert named(gates=[rule], preset={"gates": [rule]}) == [("preset.gates.by", "plan"), ("gates.by", "plan")]


def test_a_cross_a_day_and_the_answer_of_the_model_are_no_columns() -> None:
    gates = [{"metric": "auroc", "at_least": 0.6, "by": "age+plan"}]
    assert named(gates=gates, evaluate={"crosses": [["age", "plan"]]}) == [
        ("evaluate.crosses", "age"),
        ("evaluate.crosses", "plan"),
    ]
    assert named(monitor={"drift": {"columns": {"(output)": {"at_least": 0.2}}}}) == []
    fresh = [{"column": "day", "at_most_days": 2.0, "before": before} for before in ("2030-12-31", "until")]
    assert named(data={**PIPELINE["data"], "freshness": fresh}) == [
        ("data.freshness.column", "day"),
        ("data.freshness.column", "day"),
        ("data.freshness.before", "until"),
    ]


def test_the_examples_hold() -> None:
    assert doctest.testmod(columns).failed == 0
