from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.documents.serving import ServingReport
from mlops.gate_rules import SERVING
from mlops.gate_rules.serving_cost import Served
from mlops.ml.evaluation.judging.rule import Rule
from mlops.ml.evaluation.judging.serving_cost import judge

INPUTS = {"model.onnx": "sha256:a", "transform.json": "sha256:b", "test.parquet": "sha256:c"}
CHAMPION = "sha256:" + "c" * 64
TENTH = Rule("latency_p99-over-champion", "latency_p99", "champion", at_most=0.1)


def report(ratio: float = 1.0, noise: float = 0.03, repetitions: int = 7, seed: int = 0) -> dict[str, Any]:
    """A machine whose speed drifts by a tenth for both, and whose pairs differ by `noise`."""
    random = np.random.default_rng(seed)
    drift = np.exp(np.cumsum(random.normal(0, 0.05, repetitions)))
    champion = 0.002 * drift
    candidate = ratio * champion * np.exp(random.normal(0, noise, repetitions))
    found = {"candidate": {"latency_p99": candidate.tolist()}, "champion": {"latency_p99": champion.tolist()}}
    return {"inputs": dict(INPUTS), "champion": CHAMPION, "repetitions": found}


def read(document: Any) -> ServingReport | None:
    """Read it as the judge does; None where it is damaged."""
    try:
        return ServingReport.parse(json.dumps(document).encode())
    except ValueError:
        return None


def verdict(document: Any, rule: Rule = TENTH, champion: str | None = CHAMPION) -> tuple[str, str]:
    (result,) = judge([rule], read(document), INPUTS, champion, 0.95)
    return result.verdict, result.sentence


def test_a_fifth_slower_is_found_and_a_fiftieth_is_not() -> None:
    slower = [verdict(report(1.2, seed=seed))[0] for seed in range(500)]
    hardly = [verdict(report(1.02, seed=seed))[0] for seed in range(500)]
    assert slower.count("fail") >= 0.95 * 500
    assert "pass" not in slower
    assert hardly.count("fail") <= 0.05 * 500
    assert hardly.count("pass") >= 0.9 * 500


@pytest.mark.slow
def test_a_difference_that_is_not_there_is_within_its_interval_as_often_as_promised() -> None:
    rule = Rule("r", "latency_p99", "champion", at_most=0.0)
    intervals = [
        judge([rule], read(report(seed=seed)), INPUTS, CHAMPION, 0.95)[0].evidence.interval for seed in range(2000)
    ]
    covered = sum(interval.low <= 0 <= interval.high for interval in intervals) / 2000
    assert abs(covered - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 2000)


def test_the_sentences() -> None:
    assert verdict(report(1.2, noise=0.0)) == (
        "fail",
        "99th percentile of latency is 20.0 % [20.0 %, 20.0 %] above the champion's 0.0021 s (7 repetitions), "
        "but at most 10 % above is allowed",
    )
    assert verdict(report(1.02)) == (
        "pass",
        "99th percentile of latency is 0.2 % [-2.62 %, 3.11 %] above the champion's 0.0021 s (7 repetitions); "
        "at most 10 % above is allowed",
    )
    assert verdict(report(1.0, noise=0.5)) == (
        "inconclusive",
        "99th percentile of latency is 25.6 % [-19.8 %, 53.8 %] below the champion's 0.0021 s (7 repetitions); "
        "at most 10 % above is allowed: too noisy to tell, a quieter machine or more repetitions would",
    )
    absolute = Rule("latency_p99", "latency_p99", at_most=0.0001)
    assert verdict(report(), absolute)[1] == (
        "99th percentile of latency is 0.002 s [0.00195, 0.00210] (7 repetitions), but at most 0.0001 s is allowed"
    )


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda _: None, "there is no reports/serving.json"),
        (
            lambda d: {**d, "inputs": {**INPUTS, "model.onnx": "sha256:x"}},
            "reports/serving.json is about another model",
        ),
        (lambda d: {**d, "champion": None}, "reports/serving.json is about another champion"),
        (lambda _: report(repetitions=4), "4 repetitions decide nothing, 5 are needed"),
        (lambda d: {**d, "repetitions": {}}, "reports/serving.json has no latency_p99 of the candidate"),
        (lambda d: cell(d, [None] * 7), "a repetition has no latency_p99 of the champion"),
        (lambda d: cell(d, [0.0] * 7), "a repetition has no latency_p99 of the champion"),
        (lambda d: cell(d, [0.1] * 6), "candidate and champion were not measured in pairs"),
        (lambda d: cell(d, "fast"), "there is no reports/serving.json"),
        (lambda d: cell(d, {}), "there is no reports/serving.json"),
        (lambda d: cell(d, [10**400] * 7), "a repetition has no latency_p99 of the champion"),
        (lambda d: cell(d, [1e-300, 1e300] * 3 + [1e-300]), "the repetitions are too far apart for an interval"),
    ],
)
def test_what_was_not_measured_is_inconclusive(spoil: Any, why: str) -> None:
    assert verdict(spoil(report(0.5))) == ("inconclusive", f"99th percentile of latency is not measured: {why}")


def cell(document: dict[str, Any], column: Any) -> dict[str, Any]:
    repetitions = document["repetitions"]
    return {**document, "repetitions": {**repetitions, "champion": {"latency_p99": column}}}


def test_without_a_champion_a_comparison_does_not_apply() -> None:
    (result,) = judge([TENTH], read(report()), INPUTS, None, 0.95)
    assert not result.evidence.applicable


@given(st.lists(st.floats(1e-5, 10), min_size=5, max_size=9), st.floats(1e-5, 10))
def test_more_is_never_cheaper(column: list[float], bound: float) -> None:
    order = ("fail", "inconclusive", "pass")
    rule = Rule("r", "latency_p99", at_most=bound)

    def said(scale: float) -> int:
        found = {"candidate": {"latency_p99": [scale * value for value in column]}}
        return order.index(verdict({"inputs": INPUTS, "repetitions": found}, rule, None)[0])

    assert said(2.0) <= said(1.0)


def test_a_size_on_its_bound_passes() -> None:
    document = {"inputs": INPUTS, "repetitions": {"candidate": {"size": [0.271834] * 7}}}
    assert verdict(document, Rule("size", "size", at_most=0.271834), None) == (
        "pass",
        "Size is 0.272 MiB [0.272, 0.272] (7 repetitions); at most 0.271834 MiB is allowed",
    )


def test_a_process_is_summed_up() -> None:
    seen = Served(0.5, [0.001] * 99 + [0.1], [0.5, 0.25, 0.25], 100, 3 * 2**20, 2**19)
    found = {name: kind(seen) for name, kind in SERVING.items()}
    assert found["latency_p50"] == 0.001
    assert 0.001 < (found["latency_p99"] or 0) < 0.1
    assert (found["throughput"], found["cold_start"], found["memory"], found["size"]) == (400.0, 0.5, 3.0, 0.5)
    assert [found[name] for name in ("server_start", "server_memory", "image_size")] == [None, None, None]
    whole = seen._replace(server_start=0.7, server_memory=96 * 2**20, image=150 * 2**20)
    assert [SERVING[name](whole) for name in ("server_start", "server_memory", "image_size")] == [0.7, 96.0, 150.0]


def test_a_server_that_starts_too_slowly_fails_and_one_that_nobody_measured_is_no_pass() -> None:
    rule = Rule("server_start", "server_start", at_most=1.0)
    document = {"inputs": INPUTS, "repetitions": {"candidate": {"server_start": [1.5] * 7}}}
    assert verdict(document, rule, None) == (
        "fail",
        "Start of the server is 1.50 CPU s [1.50, 1.50] (7 repetitions), but at most 1 CPU s is allowed",
    )
    document["repetitions"] = {"candidate": {"server_start": [None] * 7}}
    assert verdict(document, rule, None) == (
        "inconclusive",
        "Start of the server is not measured: a repetition has no server_start of the candidate",
    )
