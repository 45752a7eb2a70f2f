"""The values of a column in training and in a window, on top of each other in the same bins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mlops.documents.monitor import DistributionReport
from mlops.present.monitor.timeline import HEIGHT, LEFT, RIGHT, TOP, WIDTH
from mlops.present.report.charts import Scale, Tick

_BOTTOM = 28
_LEVELS = 12  # bars that have room for a name each, or for one of three
_FEW = 3  # bars whose names stand below them all, cut where they are long
_LETTER = 6.6  # of the width of the drawing, at its size of type


@dataclass(frozen=True)
class Bar:
    """One bin: where it is, how high it was in training, how high it is now, and what a pointer reads."""

    x: float
    width: float
    before: float
    now: float
    text: str


@dataclass(frozen=True)
class Distribution:
    """One chart; `said` names the bin that moved most."""

    bars: tuple[Bar, ...]
    shares: tuple[Tick, ...]
    names: tuple[Tick, ...]
    base: float
    said: str


def distribution(found: DistributionReport) -> Distribution:
    """Draw the shares of a column's values by bin; every bin is as wide as the others."""
    bins = _few([*zip(found.bins, map(_share, found.reference), map(_share, found.window), strict=True)])
    up = Scale(0.0, max(max(before, now) for _, before, now in bins) * 1.1 or 1.0, HEIGHT - _BOTTOM, TOP)
    width = (WIDTH - LEFT - RIGHT) / len(bins)
    bars = tuple(
        Bar(round(LEFT + index * width, 2), round(width, 2), up.at(before), up.at(now), _said(name, before, now))
        for index, (name, before, now) in enumerate(bins)
    )
    shares = tuple(Tick(tick.at, f"{tick.text} %") for tick in Scale(0.0, 100 * up.high, up.start, up.end).ticks(4))
    most = max(bins, key=lambda item: abs(item[2] - item[1]))
    moved = f"{most[1]:.1%}" != f"{most[2]:.1%}"  # as it is told
    names = tuple(_names([name for name, _, _ in bins], width))
    return Distribution(
        bars,
        shares,
        names,
        up.start,
        f"Moved most: {_said(*most)}" if moved else "Nothing moved by a tenth of a percent",
    )


def _share(value: float | None) -> float:
    return value or 0.0


def _said(name: str, before: float, now: float) -> str:
    return f"{name}: {before:.1%} in training, {now:.1%} now"


def _few(bins: list[tuple[str, float, float]]) -> list[tuple[str, float, float]]:
    """Take rare levels together with all others, which are the last bin where there are levels."""
    if bins[-1][0] != "others" or len(bins) <= _LEVELS:
        return bins
    rare = bins[_LEVELS - 1 :]
    return [*bins[: _LEVELS - 1], ("others", sum(before for _, before, _ in rare), sum(now for _, _, now in rare))]


def _names(names: Sequence[str], width: float) -> Iterator[Tick]:
    """Name all bars where there is room, else the first, the middle and the last."""
    all_fit = max(map(len, names)) < width / _LETTER - 1
    chosen = range(len(names)) if all_fit or len(names) <= _FEW else (0, len(names) // 2, len(names) - 1)
    room = int((WIDTH - LEFT - RIGHT) / len(chosen) / _LETTER) - 1
    for index in chosen:
        name = names[index]
        yield Tick(round(LEFT + (index + 0.5) * width, 2), name if len(name) <= room else f"{name[: room - 1]}…")
