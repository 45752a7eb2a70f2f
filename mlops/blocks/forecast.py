"""`forecast:` how far ahead to look, and which of the past to look at."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mlops.blocks.block import Block, Column, Items

Every = Literal["hour", "day", "week", "month", "quarter", "year"]
Comparator = Literal["ets", "theta"]
"""Methods of one series by itself: exponential smoothing of the form that AICc chooses, and the theta method."""


class Horizon(Block):
    """How far ahead a forecast looks, and what it sees of the past."""

    horizon: Annotated[int, Field(ge=1, le=10_000)]
    """Periods between the last value that is known and the one that is forecast."""
    every: Every = "day"
    """Length of a period; at most one row of a series falls into each."""
    season: Annotated[int, Field(ge=1, le=10_000)] = 1
    """Periods after which values resemble each other: 7 for days of a week, 12 for months of a year."""
    series: Column | None = None
    """Column that tells several series apart, such as shops; all are learnt by one model."""
    lags: Items[Annotated[int, Field(ge=1, le=100_000)]] = ()
    """Periods before the target date whose values are features, each at least `horizon`; the last known value and that
    of the same season are always among them. Where none is given: also the two values before the last, and the one that
    lies as far before it as the season's before the target date."""
    windows: Items[Annotated[int, Field(ge=2, le=10_000)]] = ()
    """Numbers of periods, up to the last known one, whose mean and standard deviation are features."""
    known: Items[Column] = ()
    """Columns whose value at the target date is known when the forecast is made, such as holidays."""


class Forecast(Horizon):
    """One number at a fixed distance, directly: a row is a target date, and its features were known `horizon` before.

    The target's own past becomes the columns `TARGET_lag_K`, `TARGET_mean_W` and `TARGET_std_W`, which a request holds
    too. Of the other columns only the date, the series and those that `known` names are learnt from.
    """

    backtest: Annotated[int, Field(ge=0, le=50)] = 5
    """Origins at which the chosen candidate learns again from what was known by then; not for networks."""
    sliding: Annotated[int, Field(ge=20, le=100_000)] | None = None
    """Periods before an origin that a backtest learns from; all of them where nothing is said, so that they grow."""
    comparators: Items[Comparator] = ()
    """Methods that forecast the test rows too, each from its own origin; a rule over `simple` or `dummy` means the best
    of it and them. `ets` is exponential smoothing, its form chosen by AICc; `theta` the theta method."""


class Lookback(Horizon):
    """What a forecast sees; lags count periods before the target date, whose column is `date`."""

    date: Column

    @property
    def seasonal(self) -> int:
        """Lag of the last known value of the same season (Hyndman and Athanasopoulos, Forecasting, 3rd ed., 5.2)."""
        return self.season * -(-self.horizon // self.season)

    @property
    def every_lag(self) -> tuple[int, ...]:
        """All lags that become columns: those of the two naive forecasts are always there.

        Where none is asked for, so are those that tell how the last value stands to its neighbours and to its season:
        y[T-s] + φ (y[T-h] - y[T-h-s]) is what a first-order seasonal autoregression says of y[T].
        """
        usual = () if self.lags else (self.horizon + 1, self.horizon + 2, self.horizon + self.seasonal)
        return tuple(sorted({self.horizon, self.seasonal, *self.lags, *usual}))

    def lag(self, target: str, lag: int) -> str:
        """Name the column of a lag."""
        return f"{target}_lag_{lag}"

    def columns(self, target: str) -> tuple[str, ...]:
        """Name the columns that are made of the target's past."""
        rolled = (f"{target}_{what}_{window}" for window in sorted(set(self.windows)) for what in ("mean", "std"))
        return (*(self.lag(target, lag) for lag in self.every_lag), *rolled)

    def features(self, target: str) -> tuple[str, ...]:
        """Name all columns that are learnt from."""
        return (self.date, *((self.series,) if self.series else ()), *self.known, *self.columns(target))
