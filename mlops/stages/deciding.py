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


def learn(
    cost: Cost,
    classes: Sequence[str],
    y: NDArray[Any],
    scores: NDArray[Any],
    weights: NDArray[np.float64] | None = None,
) -> DecisionRule:
    """Learn from validation rows how to decide by a model's scores; the rule that its bundle serves."""
    values = costs.table(cost, classes)
    return _rule(cost, values, threshold.choose(y, scores, values, weights) if len(classes) == 2 else None)


def _rule(cost: Cost, values: NDArray[np.float64], choice: Choice | None) -> DecisionRule:
    return DecisionRule(
        values=tuple(map(tuple, values.tolist())),
        threshold=None if choice is None else choice.threshold,
        unit=cost.unit,
    )


def _worth_as_much(
    served: DecisionRule,
    choice: Choice | None,
    y: NDArray[Any],
    scores: NDArray[Any],
    weights: NDArray[np.float64] | None,
) -> bool:
    """Whether the threshold of a bundle is worth as much on these rows as the one that they say.

    The number itself is not the same everywhere: scores of another kind of processor have other last bits.
    """
    values = np.array(served.values)
    gained = values[y.astype(np.int64), served.decide(scores)]
    worth = float(gained.mean() if weights is None else np.average(gained, weights=weights))
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
        weights: NDArray[np.float64] | None = None,
    ) -> Deciding:
        """Learn from validation rows how to decide by the scores of each model; the candidate's is what it serves.

        Where `scores` has none of the candidate, because the graph that had not learnt from these rows is not here, its
        threshold is part of what training made, as weights are, and only what decisions are worth is compared.

        Raises:
            IntegrityError: the bundle decides by something else than what these rows say.
        """
        found, known = Deciding.alone(cost, classes, y, scores, weights), scores.get("candidate")
        if served is None or (served.values, served.unit) != (tuple(map(tuple, found.values.tolist())), cost.unit):
            agrees = False
        else:
            agrees = known is None or _worth_as_much(served, found.choices.get("candidate"), y, known, weights)
        if served is None or not agrees:
            raise IntegrityError("the bundle decides otherwise than validation rows and `evaluate.cost` say")
        return cls(found.values, {**found.rules, "candidate": served}, found.choices)

    @staticmethod
    def alone(
        cost: Cost,
        classes: Sequence[str],
        y: NDArray[Any],
        scores: Mapping[str, NDArray[Any]],
        weights: NDArray[np.float64] | None = None,
    ) -> Deciding:
        """Learn from validation rows how to decide by the scores of each model."""
        values = costs.table(cost, classes)
        two = scores if len(classes) == 2 else {}
        choices = {model: threshold.choose(y, score, values, weights) for model, score in two.items()}
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
        prices = costs.break_even(
            predictions.target, predictions.decisions["candidate"], self.values, predictions.weights
        )
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
