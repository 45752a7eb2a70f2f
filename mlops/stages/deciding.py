"""Scores to decisions where decisions have a value: one threshold a model, chosen on validation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.bundle.decision_rule import DecisionRule
from mlops.documents.metrics import Decision, Validated
from mlops.errors import IntegrityError
from mlops.metrics.probabilities import decisions
from mlops.ml.evaluation.studies import costs, threshold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mlops.blocks.cost import Cost
    from mlops.ml.evaluation.predictions import Predictions
    from mlops.ml.evaluation.studies.threshold import Choice

_TOLERANCE = 1e-4  # of the span of the values: on another kind of processor a score near the threshold may cross it


def learn(cost: Cost, classes: Sequence[str], y: NDArray[Any], scores: NDArray[Any]) -> DecisionRule:
    """Learn from validation rows how to decide by a model's scores; the rule that its bundle serves."""
    values = costs.table(cost, classes)
    return _rule(cost, values, threshold.choose(y, scores, values) if len(classes) == 2 else None)


def _rule(cost: Cost, values: NDArray[np.float64], choice: Choice | None) -> DecisionRule:
    return DecisionRule(
        values=tuple(map(tuple, values.tolist())),
        threshold=None if choice is None else choice.threshold,
        unit=cost.unit,
    )


def _agrees(
    served: DecisionRule, learnt: DecisionRule, choice: Choice | None, y: NDArray[Any], scores: NDArray[Any]
) -> bool:
    """Whether a bundle decides as these rows say: by the same values, and by a threshold that is worth as much.

    A threshold itself is not the same number everywhere: scores of another kind of processor have other last bits.
    """
    if (served.values, served.unit) != (learnt.values, learnt.unit):
        return False
    values = np.array(served.values)
    worth = float(values[y.astype(np.int64), served.decide(scores)].mean())
    return choice is None or worth >= choice.value - _TOLERANCE * float(np.ptp(values))


@dataclass(frozen=True)
class Deciding:
    """How each model decides; `choices` says how the thresholds of two classes were found."""

    values: NDArray[np.float64]
    rules: Mapping[str, DecisionRule]
    choices: Mapping[str, Choice]

    @classmethod
    def learn(
        cls,
        cost: Cost,
        classes: Sequence[str],
        y: NDArray[Any],
        scores: Mapping[str, NDArray[Any]],
        served: DecisionRule | None = None,
    ) -> Deciding:
        """Learn from validation rows how to decide by the scores of each model; the candidate's is what it serves.

        Raises:
            IntegrityError: the bundle decides by something else than what these rows say.
        """
        found, known = Deciding.alone(cost, classes, y, scores), (y, scores["candidate"])
        if served is None or not _agrees(served, found.rules["candidate"], found.choices.get("candidate"), *known):
            raise IntegrityError("the bundle decides otherwise than validation rows and `evaluate.cost` say")
        return cls(found.values, {**found.rules, "candidate": served}, found.choices)

    @staticmethod
    def alone(cost: Cost, classes: Sequence[str], y: NDArray[Any], scores: Mapping[str, NDArray[Any]]) -> Deciding:
        """Learn from validation rows how to decide by the scores of each model."""
        values = costs.table(cost, classes)
        choices = {model: threshold.choose(y, score, values) for model, score in scores.items() if len(classes) == 2}
        return Deciding(values, {model: _rule(cost, values, choices.get(model)) for model in scores}, choices)

    def decide(self, scores: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.int64]]:
        """Decide every row by every model; one without a rule takes the likeliest class, as it does in serving.

        What is named `candidate under ...` is the candidate on other rows, and decides as it does.
        """
        rules = {model: self.rules.get(model.partition(" under ")[0]) for model in scores}
        return {
            model: decisions(score) if (rule := rules[model]) is None else rule.decide(score)
            for model, score in scores.items()
        }

    def section(self, predictions: Predictions) -> Decision:
        """Say for metrics.json how decisions are made and at which prices they stop paying."""
        unit, values = self.rules["candidate"].unit, tuple(map(tuple, self.values.tolist()))
        thresholds = {model: rule.threshold for model, rule in sorted(self.rules.items())}
        if (choice := self.choices.get("candidate")) is None:
            chosen = "by the greatest expected value"
            return Decision(unit=unit, values=values, thresholds=thresholds, chosen=chosen)
        prices = costs.break_even(predictions.target, predictions.decisions["candidate"], self.values)
        return Decision(
            unit=unit,
            values=values,
            thresholds=thresholds,
            chosen="on validation, by the greatest mean value",
            validation=Validated(rows=choice.rows, value=choice.value),
            theoretical=choice.theoretical,
            break_even=prices,
            sentences=tuple(costs.sentences(prices, self.values, unit)),
        )
