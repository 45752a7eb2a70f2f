"""Where the past of a series stands in a row: the window of last values, and what else the row says."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

_LAG = re.compile(r"(?P<series>.+)_(?:lag|back)_(?P<lag>\d+)", re.DOTALL)
_LEVEL = re.compile(r"(?:season|season_back|(?:lag|back|mean)_\d+)")
_HINT = "`task: forecasting` makes it: `forecast: {horizons: 1..24, lags: 1..48}`"


@dataclass(frozen=True)
class Window:
    """Positions in a row: `past`, consecutive values, the latest first; `levels`, further values of the same series;
    `ahead`, how many periods ahead the row looks, where rows differ in that; and all `others`.
    """

    past: tuple[int, ...]
    levels: tuple[int, ...] = ()
    others: tuple[int, ...] = ()
    ahead: int | None = None

    @classmethod
    def of(cls, names: Sequence[str | None], width: int, who: str, least: int = 1) -> Window:
        """Find it by the names that `forecast` gives to columns; where no names are known every column is of the past.

        Raises:
            ConfigurationError: there is no past of a series, that of two, or fewer than `least` values that follow each
                other.

        Example:
            >>> Window.of(["y_back_1", "y_back_2", "y_season", "y_horizon", "heat"], 5, "nlinear")
            Window(past=(0, 1), levels=(2,), others=(4,), ahead=3)
        """
        if not names:
            return cls(tuple(range(width)))
        series, lags = _past(names, who)
        run = [lag for place, lag in enumerate(sorted(lags)) if lag == min(lags) + place]
        if len(run) < least:
            message = (
                f"{who} reads {least} values or more that follow each other, and of `{series}` there are {len(run)}"
            )
            raise ConfigurationError(message, hint="write a window, as `forecast: {horizons: 1..24, lags: 1..48}`")
        past = tuple(lags[lag] for lag in run)
        begin = f"{series}_"
        levels = [
            place
            for place, name in enumerate(names)
            if name is not None and name.startswith(begin) and _LEVEL.fullmatch(name.removeprefix(begin))
        ]
        ahead = names.index(f"{begin}horizon") if f"{begin}horizon" in names else None
        held = {*past, *levels, ahead}
        others = tuple(place for place in range(width) if place not in held)
        return cls(past, tuple(place for place in levels if place not in past), others, ahead)


def _past(names: Sequence[str | None], who: str) -> tuple[str, dict[int, int]]:
    """Give the series whose past there is, and the position of each of its lags."""
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for place, name in enumerate(names):
        if name is not None and (lag := _LAG.fullmatch(name)):
            found[lag["series"]][int(lag["lag"])] = place
    forecast = [series for series in found if f"{series}_horizon" in names]
    series = forecast if len(forecast) == 1 else list(found)
    if not series:
        raise ConfigurationError(f"{who} reads the past of what it forecasts, and no column has it", hint=_HINT)
    if len(series) > 1:
        named = ", ".join(f"`{each}`" for each in series[:5])
        hint = "rename the columns that `forecast` did not make, or leave them out"
        raise ConfigurationError(f"{who} reads the past of one series, and columns have that of {named}", hint=hint)
    return series[0], found[series[0]]
