"""`forecast:` how far ahead to look, and which of the past to look at."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from mlops.blocks.block import Block, Column, Items, misplaced

Every = Literal["hour", "day", "week", "month", "quarter", "year"]
Comparator = Literal["ets", "theta"]
"""Methods of one series by itself: exponential smoothing of the form that AICc chooses, and the theta method."""


_LONGEST_RANGE = 10_000
_RANGE = re.compile(r"\s*(\d{1,6})\s*\.\.\s*(\d{1,6})\s*")


def written_out(value: Any) -> Any:
    """Take `1..24` for all whole numbers from 1 to 24; anything else is left as it is.

    Raises ValueError where a text is no such range.

    Example:
        >>> written_out("3..6"), written_out([1, 24])
        ((3, 4, 5, 6), [1, 24])
    """
    if not isinstance(value, str):
        return value
    found = _RANGE.fullmatch(value)
    if found is None:
        raise ValueError(f"`{value[:40]}` is no range; write one as `1..24`, or a list as `[1, 6, 24]`")
    first, last = map(int, found.groups())
    if not first <= last < first + _LONGEST_RANGE:
        raise ValueError(f"`{value.strip()}` must rise, over at most {_LONGEST_RANGE:,} numbers")
    return tuple(range(first, last + 1))


_Counts = list[Annotated[int, Field(ge=1, le=100_000)]] | Annotated[str, Field(pattern=r"^\s*\d+\s*\.\.\s*\d+\s*$")]
_OrRange = BeforeValidator(written_out, json_schema_input_type=_Counts)


def _either(schema: dict[str, Any]) -> None:
    """`horizons` say what `horizon` is, so that an editor does not ask for both."""
    schema["required"] = [name for name in schema.get("required", []) if name != "horizon"]
    if not schema["required"]:
        del schema["required"]


class Horizon(Block):
    """How far ahead a forecast looks, and what it sees of the past."""

    model_config = ConfigDict(json_schema_extra=_either)

    horizon: Annotated[int, Field(ge=1, le=10_000)]
    """Periods between the last value that is known and the one that is forecast; the furthest, where there are
    `horizons`, without being written."""
    horizons: Annotated[Items[Annotated[int, Field(ge=1, le=10_000)]], Field(max_length=366), _OrRange] = ()
    """Several distances in the place of `horizon`, such as `[1, 6, 24]` or `1..24`: one model answers them all, a row
    of a request for each, and everything is measured for each of them and together."""
    every: Every = "day"
    """Length of a period; at most one row of a series falls into each."""
    season: Annotated[int, Field(ge=1, le=10_000)] = 1
    """Periods after which values resemble each other: 7 for days of a week, 12 for months of a year."""
    series: Column | None = None
    """Column that tells several series apart, such as shops; all are learnt by one model."""
    lags: Annotated[Items[Annotated[int, Field(ge=1, le=100_000)]], _OrRange] = ()
    """Periods before the target date whose values are features, each at least `horizon`; the last known value and that
    of the same season are always among them. Where none is given: also the two values before the last, and the one that
    lies as far before it as the season's before the target date. With `horizons` they count back from the first period
    that is not known, so that 1 is the last known value; `1..48` are the last 48."""
    windows: Items[Annotated[int, Field(ge=2, le=10_000)]] = ()
    """Numbers of periods, up to the last known one, whose mean and standard deviation are features."""
    known: Items[Column] = ()
    """Columns whose value at the target date is known when the forecast is made, such as holidays."""
    observed: Items[Column] = ()
    """Columns of numbers whose past is known and whose future is not, such as a temperature: their values at the lags
    are features, as the target's own are: `NAME_seen_K`."""

    @model_validator(mode="before")
    @classmethod
    def _furthest(cls, given: Any) -> Any:
        """Let the furthest of several distances be the one that everything keeps."""
        if not isinstance(given, dict) or "horizon" in given or not given.get("horizons"):
            return given
        try:
            found = [each for each in written_out(given["horizons"]) if isinstance(each, int)]
        except (TypeError, ValueError):
            found = []
        return given | {"horizon": max(found, default=1)}  # what is wrong of them is told by their own field

    @model_validator(mode="after")
    def _in_order(self) -> Horizon:
        """Refuse distances that do not rise, or that another key contradicts."""
        if not self.horizons:
            return self
        rising = sorted(set(self.horizons))
        if list(self.horizons) != rising:
            raise misplaced(("horizons",), "distances rise, each once", f"write `{rising}`")
        if self.horizon != rising[-1]:
            said = f"`horizon` is {self.horizon}, and the furthest of `horizons` {rising[-1]}"
            raise misplaced(("horizon",), said, "remove `horizon`")
        return self

    def ahead(self, target: str) -> str:
        """Name the column that says how many periods ahead a row looks, where there are several `horizons`."""
        return f"{target}_horizon"

    @model_serializer(mode="wrap")
    def _spelt(self, spell: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what nobody asks for: a section that was recorded without these keys keeps its bytes."""
        found: dict[str, Any] = spell(self)
        return {key: value for key, value in found.items() if key not in ("horizons", "observed") or value}


class Forecast(Horizon):
    """One number at a distance, or several, directly: a row is a target date, and its features were known before.

    The target's own past becomes the columns `TARGET_lag_K`, `TARGET_mean_W` and `TARGET_std_W`, which a request holds
    too. Of the other columns only the date, the series and those that `known` and `observed` name are learnt from.
    With `horizons` a target date is a row for each of them, which `TARGET_horizon` says; its past is counted from its
    own origin: `TARGET_back_K` (1 is the last known value) and `TARGET_season`, the last known value of its season.
    """

    backtest: Annotated[int, Field(ge=0, le=50)] = 5
    """Origins at which the chosen candidate learns again from what was known by then; not for networks but
    `nlinear` and `dlinear`."""
    sliding: Annotated[int, Field(ge=20, le=100_000)] | None = None
    """Periods before an origin that a backtest learns from; all of them where nothing is said, so that they grow."""
    comparators: Items[Comparator] = ()
    """Methods that forecast the test rows too, each from its own origin; a rule over `simple` or `dummy` means the best
    of it and them. `ets` is exponential smoothing, its form chosen by AICc; `theta` the theta method."""


class Lookback(Horizon):
    """What a forecast sees; lags count periods before the target date, whose column is `date`.

    Example:
        >>> asked = Lookback(date="day", horizons=(1, 2), season=7, lags=(1, 2))
        >>> asked.columns("sold")
        ('sold_horizon', 'sold_back_1', 'sold_back_2', 'sold_season')
        >>> asked.past("sold", 2)
        {'sold_back_1': 2, 'sold_back_2': 3, 'sold_season': 7}
    """

    date: Column

    @property
    def distances(self) -> tuple[int, ...]:
        """All distances, ascending: one, or several."""
        return self.horizons or (self.horizon,)

    def seasonal(self, horizon: int) -> int:
        """Lag of the last known value of the same season (Hyndman and Athanasopoulos, Forecasting, 3rd ed., 5.2)."""
        return self.season * -(-horizon // self.season)

    def past(self, target: str, horizon: int) -> dict[str, int]:
        """Say, by column, how many periods before the target date its value lies, of a row at a distance.

        The values of the two naive forecasts are always there. Where no lag is asked for, so are those that tell how
        the last value stands to its neighbours and to its season: y[T-s] + φ (y[T-h] - y[T-h-s]) is what a first-order
        seasonal autoregression says of y[T].
        """
        seasonal = self.seasonal(horizon)
        if not self.horizons:
            usual = () if self.lags else (horizon + 1, horizon + 2, horizon + seasonal)
            return {f"{target}_lag_{lag}": lag for lag in sorted({horizon, seasonal, *self.lags, *usual})}
        back = sorted({1, *(self.lags or (2, 3))})
        found = {f"{target}_back_{lag}": horizon - 1 + lag for lag in back} | {f"{target}_season": seasonal}
        return found if self.lags else found | {f"{target}_season_back": horizon + seasonal}

    def observations(self, target: str, horizon: int) -> dict[str, tuple[str, int]]:
        """Say of which column, and how many periods before the target date, the past of others is."""
        if not self.horizons:
            lags = {lag: lag for lag in self.past(target, horizon).values()}
        else:
            lags = {horizon - 1 + lag: lag for lag in sorted({1, *(self.lags or (2, 3))})}
        return {f"{name}_seen_{said}": (name, lag) for name in self.observed for lag, said in lags.items()}

    def naive(self, target: str) -> dict[str, str]:
        """Name the columns of the last known value (`dummy`) and of the last one of the same season (`simple`)."""
        if self.horizons:
            return {"dummy": f"{target}_back_1", "simple": f"{target}_season"}
        lags = {"dummy": self.horizon, "simple": self.seasonal(self.horizon)}
        return {name: f"{target}_lag_{lag}" for name, lag in lags.items()}

    def columns(self, target: str) -> tuple[str, ...]:
        """Name the columns that are made of the past, and the one that says how far ahead a row looks."""
        rolled = (f"{target}_{what}_{window}" for window in sorted(set(self.windows)) for what in ("mean", "std"))
        first = (self.ahead(target),) if self.horizons else ()
        return (*first, *self.past(target, self.horizon), *rolled, *self.observations(target, self.horizon))

    def features(self, target: str) -> tuple[str, ...]:
        """Name all columns that are learnt from."""
        return (self.date, *((self.series,) if self.series else ()), *self.known, *self.columns(target))
