"""Whatever file, column, cell or waiver is taken away from a verdict, it gets no better."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.blocks.bootstrap import Bootstrap
from mlops.blocks.cost import Cost
from mlops.blocks.waiver import Waiver
from mlops.documents.serving import ServingReport
from mlops.errors import MlopsError
from mlops.metrics.probabilities import decisions
from mlops.ml.evaluation.judging import serving_cost
from mlops.ml.evaluation.judging.evidence import gather
from mlops.ml.evaluation.judging.judge import judge
from mlops.ml.evaluation.judging.rule import Rule
from mlops.ml.evaluation.judging.waivers import waive
from mlops.ml.evaluation.predictions import Predictions
from mlops.ml.evaluation.row_losses import RowLosses
from mlops.ml.evaluation.studies import costs
from mlops.verdict import verdict
from tests.builders.evaluations import binary

METHOD = Bootstrap(samples=200)
CHAMPION = "sha256:" + "c" * 64
COST = Cost(true_negative=0.0, false_positive=-1.0, false_negative=-2.0, true_positive=1.0)
RANK = {"stopped": -1, "fail": 0, "inconclusive": 1, "pass": 2}
RULES = (
    Rule("worth", "value", "dummy", at_least=0.0),
    Rule("accuracy", "accuracy", "champion", at_least=-0.05),
    Rule("simple", "auroc", "simple", at_least=0.0, strict=True),
    Rule("noisy", "auroc", at_least=0.6, under="noise"),
    Rule("noise", "auroc", "clean", at_least=-0.3, under="noise"),
    Rule("noisy worth", "value", at_least=-2.0, under="noise"),
    Rule("own", "squared", at_most=0.4),
    Rule("own over champion", "squared", "champion", at_most=0.05),
    Rule("own noise", "squared", "clean", at_most=0.5, under="noise"),
    Rule("sites", "accuracy", "champion", at_least=-0.2, by="site", groups=("a", "b")),
    Rule("parity", "demographic_parity_difference", at_most=0.3, of="site", groups=("a", "b")),
    Rule("hard", "auroc", at_least=0.99),
)
SERVING = (Rule("latency", "latency_p50", "champion", at_most=0.5), Rule("size", "size", at_most=9.0))
WAIVER = Waiver(
    rule="hard",
    reason="after a panel",
    owner="@a",
    approver="@b",
    granted="2026-01-01",
    expires="2026-01-20",
    slice=None,
)
INPUTS = {"model.onnx": "a", "transform.json": "b"}
QUANTITIES = {"latency_p50": [0.01, 0.011, 0.0105, 0.0102, 0.0108], "size": [2.0] * 5}


@cache
def whole() -> tuple[pl.DataFrame, dict[str, Any]]:
    """Give predictions with everything that a verdict may rest on, as a table and its facts."""
    data = binary(2400, champion=True)
    site = np.where(np.arange(2400) % 3 == 0, "b", "a").astype(object)
    data = costs.priced(replace(data, slices={"site": site}), COST)
    noise = np.random.default_rng(5).normal(0, 0.1, 2400)
    data = data.with_perturbed({"noise": np.clip(data.scores["candidate"] + noise, 0, 1)})
    decided = {model: decisions(score) for model, score in data.scores.items()}
    squared = {model: (score - data.target) ** 2 for model, score in data.scores.items()}
    data = replace(data, decisions=decided, own={"squared": RowLosses(squared)})
    with TemporaryDirectory() as folder:
        path = Path(folder) / "predictions.parquet"
        data.write(path)
        return pl.read_parquet(path), json.loads(pl.read_parquet_metadata(path)["mlops"])


def said(
    frame: pl.DataFrame, facts: dict[str, Any], report: dict[str, Any] | None, waivers: tuple[Waiver, ...]
) -> tuple[str, dict[str, int]]:
    """Judge as the gate does; what stops it gives no verdict at all."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "predictions.parquet"
        frame.write_parquet(path, metadata={"mlops": json.dumps(facts)})
        try:
            data = Predictions.read(path)
        except MlopsError:
            return "stopped", {}
    if costs.priced(data, COST).values != data.values:
        return "stopped", {}
    results = judge(gather(data, RULES, METHOD, grouped=False), METHOD, 30)
    results += serving_cost.judge(SERVING, served_as(report), INPUTS, CHAMPION, 0.95)
    records = waive([result.record() for result in results], waivers)
    worst: dict[str, int] = {}
    for record in records:
        name = record.id
        worst[name] = min(worst.get(name, 2), 2 if record.waived else RANK[record.verdict])
    return verdict(records), worst


def served() -> dict[str, Any]:
    repetitions = {model: dict(QUANTITIES) for model in ("candidate", "champion")}
    return {"inputs": dict(INPUTS), "champion": CHAMPION, "repetitions": repetitions}


@cache
def before() -> tuple[str, dict[str, int]]:
    return said(*whole(), served(), (WAIVER,))


COLUMNS = tuple(name for name in whole()[0].columns if name != "group")
PARTS = (
    *(("column", name) for name in COLUMNS),
    *(("cell", name) for name in COLUMNS if name not in ("__row__", "slice_site")),
    *(("fact", name) for name in ("values", "own")),
    *(("serving", name) for name in ("", "inputs", "champion", "repetitions", "candidate", "a repetition")),
    ("waiver", ""),
    ("rows", ""),
)


def served_as(report: dict[str, Any] | None) -> ServingReport | None:
    return None if report is None else ServingReport.model_validate(report)


def without(parts: list[tuple[str, str]]) -> tuple[Any, ...]:
    frame, facts = whole()
    facts, report, waivers = dict(facts), served(), (WAIVER,)
    for kind, name in parts:
        if kind == "column" and name in frame.columns:
            frame = frame.drop(name)
        elif kind == "cell" and name in frame.columns:
            frame = frame.with_columns(pl.when(pl.int_range(pl.len()) != 7).then(pl.col(name)).alias(name))
        elif kind == "fact":
            facts.pop(name, None)
        elif kind == "serving" and report:
            report = _unserved(report, name)
        elif kind == "waiver":
            waivers = ()
        elif kind == "rows":
            frame = frame[: frame.height // 2]
    return frame, facts, report or None, waivers


def _unserved(report: dict[str, Any], name: str) -> dict[str, Any]:
    if name == "":
        return {}
    if name == "candidate":
        return {**report, "repetitions": {**report.get("repetitions", {}), "candidate": {}}}
    if name == "a repetition":
        short = {key: column[1:] for key, column in QUANTITIES.items()}
        return {**report, "repetitions": dict.fromkeys(("candidate", "champion"), short)}
    return {key: value for key, value in report.items() if key != name}


def test_the_whole_passes() -> None:
    found, by_rule = before()
    assert (found, set(by_rule.values())) == ("pass", {2}), by_rule
    assert len(by_rule) == len(RULES) + len(SERVING)


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS, ids=" ".join)
def test_nothing_is_there_for_nothing(part: tuple[str, str]) -> None:
    assert said(*without([part]))[0] != "pass"


@settings(max_examples=12, deadline=None)
@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=4, unique=True))
def test_taking_anything_away_only_lowers_a_verdict(parts: list[tuple[str, str]]) -> None:
    found, by_rule = said(*without(parts))
    assert RANK[found] < RANK[before()[0]]
    assert found == "stopped" or set(by_rule) == set(before()[1]), "a rule fell silent"


def test_a_table_that_lost_a_truth_is_not_whole(tmp_path: Path) -> None:
    frame, facts = without([("cell", "target")])[:2]
    frame.write_parquet(tmp_path / "predictions.parquet", metadata={"mlops": json.dumps(facts)})
    with pytest.raises(MlopsError, match="is not whole: it lost 1 value of target"):
        Predictions.read(tmp_path / "predictions.parquet")
