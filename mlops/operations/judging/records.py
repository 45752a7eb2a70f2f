"""The results of a gate's rules on a recorded run: those on the candidate alone, and those over the live model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops.documents.gate import RuleResult
    from mlops.ml.evaluation.judging.gate import Opponent
    from mlops.ml.evaluation.predictions import Predictions
    from mlops.operations.judging.opponent import Run
    from mlops.stages.gate import Params


def judged(
    run: Run, params: Params, predictions: Predictions, opponent: Opponent | None, first: str = "allow"
) -> tuple[RuleResult, ...]:
    """Judge every rule; without an opponent nothing is live, and `first` of the policy says what that means."""
    from mlops.ml.evaluation.judging.gate import Reports, judge_gate

    return judge_gate(params, predictions, Reports.read(run.place / "reports"), opponent or _nothing_live(first))


def over_live(run: Run, params: Params, opponent: Opponent | None, first: str = "allow") -> tuple[RuleResult, ...]:
    """Judge the rules over the live model alone."""
    from mlops.ml.evaluation.judging.gate import Reports, judge_over_live

    return judge_over_live(params, Reports.read(run.place / "reports"), opponent or _nothing_live(first))


def _nothing_live(first: str) -> Opponent:
    from mlops.ml.evaluation.judging.gate import FIRST_LIVE, NOTHING_LIVE

    return FIRST_LIVE if first == "review" else NOTHING_LIVE
