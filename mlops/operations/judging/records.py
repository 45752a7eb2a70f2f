"""The results of a gate's rules on a recorded run: those on the candidate alone, and those over the live model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops.documents.gate import RuleResult
    from mlops.ml.evaluation.judging.gate import Opponent, Reports
    from mlops.ml.evaluation.predictions import Predictions
    from mlops.operations.judging.opponent import Run
    from mlops.stages.gate import Params


def judged(
    run: Run, params: Params, predictions: Predictions, opponent: Opponent | None, first: str = "allow"
) -> tuple[RuleResult, ...]:
    """Judge every rule; without an opponent nothing is live, and `first` of the policy says what that means."""
    from mlops.ml.evaluation.judging.gate import judge_gate

    return judge_gate(params, predictions, _reports(run), opponent or _nothing_live(first))


def over_live(run: Run, params: Params, opponent: Opponent | None, first: str = "allow") -> tuple[RuleResult, ...]:
    """Judge the rules over the live model alone."""
    from mlops.ml.evaluation.judging.gate import Reports, judge_over_live

    return judge_over_live(params, Reports.read(run.place / "reports"), opponent or _nothing_live(first))


def _reports(run: Run) -> Reports:
    """Read the reports of a run; where it was made again, what is too good to be true is what was found then.

    A report that says more against its own model than that is believed.
    """
    from mlops.documents.training import TrainingReport
    from mlops.ml.evaluation.judging.gate import Reports
    from mlops.stages.score import FOUND

    reports, found = Reports.read(run.place / "reports"), TrainingReport.read(run.place / FOUND)
    if found is None or found.too_good is None:
        return reports
    told, judged = reports.training or TrainingReport(), found.too_good
    if told.too_good is None:
        how = "; ".join(part for part in (judged.how, "reports/training.json does not say so") if part)
        judged = judged.model_copy(update={"how": how})
    else:
        both = (*judged.columns, *told.too_good.columns)
        judged = judged.model_copy(
            update={"columns": tuple(dict.fromkeys(both)), "how": judged.how or told.too_good.how}
        )
    return replace(reports, training=told.model_copy(update={"too_good": judged}))


def _nothing_live(first: str) -> Opponent:
    from mlops.ml.evaluation.judging.gate import FIRST_LIVE, NOTHING_LIVE

    return FIRST_LIVE if first == "review" else NOTHING_LIVE
