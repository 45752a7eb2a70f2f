"""`gates:` what a candidate must show before it may be packaged."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from mlops.blocks.block import Block, KeptColumn
from mlops.gate_rules import DATA, FAIRNESS, SERVING
from mlops.gate_rules.data_rule import PREFIX
from mlops.gate_rules.rule_kind import RuleKind, Section
from mlops.kinds.union import OneOf
from mlops.metrics import METRICS, MetricName
from mlops.perturbations import PerturbationName

SUBJECTS = ("metric", "fairness", "data")
"""Keys that say what a rule is about: it has one of them."""


class Difference(Block):
    """A bound on how much better than another model the candidate must be, in units of the metric."""

    better_by: Annotated[float, Field(ge=0)] | None = None
    """The candidate must be better by more than this."""
    no_worse_than: Annotated[float, Field(ge=0)] | None = None
    """Margin of non-inferiority: the candidate may be worse by less than this."""
    relative: bool = False
    """The number is a share of the other model's value: 0.05 is five percent of it."""

    @model_validator(mode="after")
    def _one(self) -> Difference:
        if (self.better_by is None) == (self.no_worse_than is None):
            raise ValueError("write one of `better_by` and `no_worse_than`")
        return self


class GateRule(Block):
    """One rule; a rule with several bounds asks for all of them."""

    metric: MetricName = ""
    """Name of the metric, or `pipelines.NAME.MODULE:FUNCTION`, your own; a rule of fairness has none."""
    better: Literal["lower", "higher"] | None = None
    """Which values of a metric of your own are good; of every other metric it is known."""
    parameters: dict[str, bool | int | float | str] = Field(default_factory=dict)
    """What the function of a metric of your own is given by name, besides target and score."""
    fairness: Annotated[str, OneOf(FAIRNESS)] | None = None
    """How unequally a binary model treats groups of people, by fairlearn's names; the worst pair of groups counts."""
    data: Annotated[str, OneOf(DATA)] | None = None
    """What the checks of the data said, in place of a metric: how many warned, which share of labels is wrong."""
    of: KeptColumn | None = None
    """Column whose groups a rule of fairness compares: declared `sensitive: true`, or a slice."""
    at_least: float | None = None
    """Smallest value that passes."""
    at_most: float | None = None
    """Greatest value that passes."""
    over_champion: Difference | None = None
    """Against the live model, paired on the same rows; not applicable while there is none."""
    over_dummy: Difference | None = None
    """Against always predicting the prior or the mean."""
    over_simple: Difference | None = None
    """Against a linear model on the same features."""
    over_clean: Difference | None = None
    """With `under`: against the same candidate on the rows as they are."""
    under: PerturbationName | None = None
    """Judge the candidate on test rows that were perturbed so."""
    by: KeptColumn | None = None
    """Judge every slice by itself; beside the champion one fails only if its being worse than allowed is no luck."""
    test: Literal["bootstrap", "mcnemar"] = "bootstrap"
    """How a difference is tested; `mcnemar` counts the rows where one model is right and the other wrong."""
    correction: Literal["holm", "benjamini_hochberg"] = "holm"
    """What the slices of a rule share: the chance of any false pass, or the share of passes that are false."""
    on_missing: Literal["fail", "inconclusive"] = "fail"
    """What a rule says that cannot be measured; never a pass."""
    mode: Literal["block", "warn"] = "block"
    """`warn` shows a failure without stopping on it."""

    @model_validator(mode="after")
    def _perturbed(self) -> GateRule:
        others = (self.over_champion, self.over_dummy, self.over_simple)
        if self.under is not None and any(bound is not None for bound in others):
            raise ValueError(
                "`under` goes with `at_least`, `at_most` and `over_clean`: other models see clean rows only"
            )
        if self.under is None and self.over_clean is not None:
            raise ValueError("`over_clean` needs `under`: the perturbation to compare with clean rows")
        return self

    @model_validator(mode="after")
    def _bounded(self) -> GateRule:
        if sum(bool(getattr(self, key)) for key in SUBJECTS) != 1:
            raise ValueError("a rule names one of `metric`, `fairness` and `data`")
        bounds = (self.at_least, self.at_most, *self.differences.values())
        if all(bound is None for bound in bounds):
            raise ValueError(
                "a rule needs a bound: `at_least`, `at_most`, `over_champion`, `over_dummy` or `over_simple`"
            )
        return self

    @property
    def kind(self) -> RuleKind | None:
        """What is bounded; None where it is a metric."""
        if self.data is not None:
            return DATA[self.data]
        return SERVING.find(self.metric) if self.fairness is None else FAIRNESS[self.fairness]

    @property
    def section(self) -> Section:
        """The part of the gate that it belongs to."""
        return "rules" if self.kind is None else self.kind.section

    @property
    def name(self) -> str:
        """What is bounded: the metric, or the measure of fairness."""
        if self.data is not None:
            return f"{PREFIX}{self.data}"
        return self.metric.partition(":")[2] or self.metric or str(self.fairness)

    @property
    def own(self) -> str | None:
        """The address of a metric of the pipeline's own; None where the metric is a known one."""
        return self.metric if ":" in self.metric else None

    @property
    def higher_is_better(self) -> bool:
        """Which side of what is bounded is good."""
        return self.better == "higher" if self.own else (self.kind or METRICS[self.metric]).higher_is_better

    @property
    def differences(self) -> dict[str, Difference | None]:
        """The bounds against other models, by the model's name."""
        return {
            "champion": self.over_champion,
            "dummy": self.over_dummy,
            "simple": self.over_simple,
            "clean": self.over_clean,
        }


def sides(*, higher_is_better: bool) -> tuple[str, str]:
    """Name the bound that would reward a bad model, and the one that is meant."""
    return ("at_most", "at_least") if higher_is_better else ("at_least", "at_most")
