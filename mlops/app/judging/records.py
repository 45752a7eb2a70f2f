"""The results of every rule of a gate: those on the candidate alone, and those over the live model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlops.files.canonical import rounded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlops.app.judging.opponent import Opponent, Run
    from mlops.ml.evaluation.judging.judge import Result
    from mlops.ml.evaluation.predictions import Predictions
    from mlops.steps.gate import Params


def judged(
    run: Run, params: Params, predictions: Predictions, opponent: Opponent | None, first: str = "allow"
) -> tuple[dict[str, Any], ...]:
    """Judge every rule; without an opponent nothing is live, and `first` of the policy says what that means.

    Where the live model was asked about all rows, rules on the candidate alone say what it has there.
    """
    from mlops.ml.evaluation.judging import data_quality
    from mlops.ml.evaluation.judging.deferred import apart, in_order
    from mlops.ml.evaluation.judging.evidence import gather
    from mlops.ml.evaluation.judging.judge import judge
    from mlops.ml.evaluation.judging.serving_cost import judge_reports

    alone, served = apart(params.rules)[0], apart(params.serving)[0]
    if opponent is not None and opponent.predictions is not None and not opponent.left_out:
        predictions = opponent.predictions
    evidence = gather(predictions, alone, params.bootstrap, params.minimum_rows, grouped=params.group is not None)
    results = judge(evidence, params.bootstrap, params.minimum_rows)
    reports, confidence = run.place / "reports", params.bootstrap.confidence
    results += judge_reports(served, reports, confidence)
    results += data_quality.judge_report(params.data, reports, confidence)
    results += _over_live(run, params, opponent, first)
    return _recorded(in_order(results, (*params.rules, *params.serving, *params.data)), params)


def over_live(run: Run, params: Params, opponent: Opponent | None, first: str = "allow") -> tuple[dict[str, Any], ...]:
    """Judge the rules over the live model alone."""
    return _recorded(_over_live(run, params, opponent, first), params)


def _over_live(run: Run, params: Params, opponent: Opponent | None, first: str = "allow") -> list[Result]:
    from mlops.app.judging.opponent import inputs_of
    from mlops.ml.evaluation.judging import serving_cost
    from mlops.ml.evaluation.judging.deferred import apart, refused
    from mlops.ml.evaluation.judging.evidence import gather
    from mlops.ml.evaluation.judging.judge import judge
    from mlops.ml.evaluation.judging.sentences import FIRST, NO_CHAMPION
    from mlops.verdict import INCONCLUSIVE

    rules, served = apart(params.rules)[1], apart(params.serving)[1]
    if opponent is None and first == "review":
        return refused((*rules, *served), INCONCLUSIVE, FIRST)
    if opponent is None:
        return refused((*rules, *served), INCONCLUSIVE, NO_CHAMPION, applicable=False)
    if opponent.predictions is None:
        return refused((*rules, *served), opponent.verdict, opponent.sentence)
    grouped, boot = params.group is not None, params.bootstrap
    evidence = gather(opponent.predictions, rules, boot, params.minimum_rows, grouped=grouped)
    results = [_told(result, opponent.left_out) for result in judge(evidence, boot, params.minimum_rows)]
    costs = serving_cost.judge(served, opponent.serving, inputs_of(run), opponent.digest, boot.confidence)
    return [*results, *costs]


def _told(result: Result, left_out: int) -> Result:
    if not left_out:
        return result
    return replace(result, sentence=f"{result.sentence}; {left_out:,} rows that it learnt from are left out")


def _recorded(results: Iterable[Result], params: Params) -> tuple[dict[str, Any], ...]:
    from mlops.ml.evaluation.judging.waivers import waive

    return tuple(rounded(record) for record in waive([result.record() for result in results], params.waivers))
