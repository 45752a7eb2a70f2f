"""`tune:` a search for parameters of candidates, judged on validation; Optuna's names where it has one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from mlops.blocks.block import Block, Items, Name

Scalar = bool | int | float | str | None
ROUND = 4
"""Trials that are asked for before any of them is known: results do not depend on how many of these run at a time."""


class Range(Block):
    """What a parameter may be: any number from `low` to `high`, or one of `choices`.

    Example:
        >>> Range(low=1, high=4).points
        (1, 2, 3, 4)
        >>> Range(low=0.001, high=0.1, log=True).points is None
        True
    """

    low: int | float | None = None
    """Least value; whole numbers alone are tried where this and `high` are written whole."""
    high: int | float | None = None
    """Greatest value."""
    log: bool = False
    """Try as many values between 0.01 and 0.1 as between 0.1 and 1."""
    step: int | float | None = None
    """Try values so far apart, from `low` on."""
    choices: Annotated[Items[Scalar | Items[Scalar]], Field(min_length=1)] | None = None
    """Values to choose from, which have no order."""

    @model_validator(mode="after")
    def _one_form(self) -> Range:
        if self.choices is not None:
            if self.low is not None or self.high is not None or self.log or self.step is not None:
                raise ValueError("`choices` stand alone: remove `low`, `high`, `log` and `step`, or `choices`")
            return self
        if self.low is None or self.high is None:
            raise ValueError("a range needs `low` and `high`, or `choices`")
        if not self.low < self.high:
            raise ValueError(f"the range is empty: `low: {self.low:g}` is not less than `high: {self.high:g}`")
        if self.log and self.low <= 0:
            raise ValueError(f"`log` is of numbers above 0, and `low` is {self.low:g}")
        if self.step is not None and self.log:
            raise ValueError("`step` and `log` cannot be used together: leave one out")
        if self.step is not None and self.step <= 0:
            raise ValueError(f"`step` is a distance above 0, and is {self.step:g}")
        return self

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are tried."""
        return isinstance(self.low, int) and isinstance(self.high, int) and not isinstance(self.step, float)

    @property
    def points(self) -> tuple[Any, ...] | None:
        """List all values; None where there are more than can be listed."""
        if self.choices is not None:
            return self.choices
        if self.low is None or self.high is None or (self.step is None and not self.whole) or self.log:
            return None
        step = self.step or 1
        count = int((self.high - self.low) / step + 1e-9) + 1
        return tuple(self.low + step * at for at in range(count))

    def given(self) -> dict[str, Any]:
        """Spell what is asked for."""
        return self.model_dump(mode="json", exclude_defaults=True)


Space = dict[str, Range]
"""What each parameter of a kind may be."""


class Tune(Block):
    """A search for better parameters than the YAML's, before training; the first trial is the YAML as it stands.

    What a search found is kept in `reports/tuning.json`, which `train` reads: making a pipeline again searches no more.
    """

    trials: (
        Annotated[int, Field(ge=1, le=10_000)]
        | Annotated[dict[Name, Annotated[int, Field(ge=1, le=10_000)]], Field(min_length=1)]
    ) = 40
    """Trials of all candidates together, dealt equally, or those of each by name."""
    minutes: Annotated[float, Field(gt=0)] | None = None
    """Begin no round of trials after so long; such a search is not repeatable, and the report says so."""
    sampler: Literal["tpe", "random", "grid"] = "tpe"
    """How values are chosen: by what was learnt (TPE), at random, or all of a grid in order."""
    pruner: Literal["hyperband", "halving", "none"] = "hyperband"
    """How trials are ended early that do worse than others after as many epochs or trees; other kinds never are."""
    parallel: Annotated[int, Field(ge=1, le=ROUND)] = 1
    """Trials at a time, each in a process of its own; of no influence on what is found."""
    space: dict[Name, Name | Annotated[Space, Field(min_length=1)]] = Field(default_factory=dict)
    """By candidate what its parameters may be, or the name of a space of its kind: `default` or `wide`. Where nothing
    is said, every candidate whose kind has a `default` is searched in it."""
    portfolio: bool = False
    """Try the settings of each candidate's kind that did well elsewhere, behind the first trial, before searching."""
    race: bool = False
    """Deal trials in rounds, after each of which the worse half of the candidates is searched no further."""
    when: Literal["asked", "data"] = "asked"
    """When a search that ended is made again: where `mlops tune NAME` asks for it, or where data or space moved too."""
