"""Tables with a leak that no single column shows, and clean ones, two of them honestly near perfect."""

import datetime
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import polars as pl
from sklearn import datasets
from sklearn.utils import Bunch

from mlops.ml.data import columns, pixels
from mlops.ml.data import target as targets
from mlops.ml.data.checks import Check
from mlops.ml.data.leakage import find
from mlops.ml.data.parquet import ROW
from mlops.ml.data.suspect import Suspect

Draw = np.random.Generator
NOISE = 20


class Planted(NamedTuple):
    """A table, its task, and the columns that are to be found; the target is `y`."""

    frame: dict[str, object]
    task: str
    columns: set[str]


def search(frame: pl.DataFrame, task: str, target: str = "y") -> list[Check]:
    """Search a typed table as `validate` does."""
    numbered = frame.with_row_index(ROW).cast({ROW: pl.Int64})
    frame, settled, _ = columns.settle(numbered, {}, {})
    kinds = {name: column.type for name, column in settled.items()}
    values, kinds[target] = targets.normalised(frame[target], kinds[target], task)
    known, problems = targets.settle(values, kinds[target], task, None)
    assert known
    assert not problems
    image = pixels.find(frame, {name: kind for name, kind in kinds.items() if name != target})
    suspects = [Suspect(name, kind, pixel=name in image) for name, kind in kinds.items() if name != target]
    return find(frame.with_columns(values), known, suspects)


def planted(name: str, rows: int) -> Planted:
    """Plant a leak among twenty columns of noise."""
    draw = np.random.default_rng([rows, *name.encode()])
    leak = LEAKS[name](draw, rows)
    noise = {f"noise_{place}": draw.normal(size=rows).round(3) for place in range(NOISE - 4)}
    noise |= {f"word_{place}": draw.choice(list("abcde"), rows) for place in range(4)}
    return leak._replace(frame={**noise, **leak.frame})


def gappy(values: np.ndarray, there: np.ndarray) -> pl.Series:
    return pl.Series(np.where(there, values, np.nan)).fill_nan(None)


def _sum(draw: Draw, rows: int) -> Planted:
    paid, due = draw.lognormal(3, 1, (2, rows)).round(2)
    return Planted({"paid": paid, "due": due, "y": paid + due}, "regression", {"paid", "due"})


def _difference(draw: Draw, rows: int) -> Planted:
    before = draw.lognormal(8, 1, rows)
    after = before + draw.normal(0, 20, rows)
    return Planted({"before": before, "after": after, "y": after - before}, "regression", {"before", "after"})


def _weighted(draw: Draw, rows: int) -> Planted:
    a, b, c = draw.normal(size=(3, rows))
    return Planted({"a": a, "b": b, "c": c, "y": 2 * a - b + 0.5 * c}, "regression", {"a", "b", "c"})


def _product(draw: Draw, rows: int) -> Planted:
    price, pieces = draw.lognormal(1, 0.5, rows).round(2), draw.integers(1, 30, rows)
    return Planted({"price": price, "pieces": pieces, "y": price * pieces}, "regression", {"price", "pieces"})


def _passes_a_sum(draw: Draw, rows: int) -> Planted:
    first, second = draw.gamma(2, 10, (2, rows)).round(2)
    return Planted({"first": first, "second": second, "y": first + second > 50}, "binary", {"first", "second"})


def _passes_a_ratio(draw: Draw, rows: int) -> Planted:
    debt, income = draw.lognormal(9, 0.7, rows).round(), draw.lognormal(10, 0.5, rows).round()
    return Planted({"debt": debt, "income": income, "y": debt / income > 0.4}, "binary", {"debt", "income"})


def _absent(draw: Draw, rows: int) -> Planted:
    y = draw.random(rows) < 0.3
    return Planted({"left_at": gappy(draw.normal(size=rows), y), "y": y}, "binary", {"left_at"})


def _either_absent(draw: Draw, rows: int) -> Planted:
    one, other = draw.random((2, rows)) < 0.8
    frame = {"one": gappy(draw.normal(size=rows), one), "other": gappy(draw.normal(size=rows), other)}
    return Planted({**frame, "y": ~(one & other)}, "binary", {"one", "other"})


def _lasts(draw: Draw, rows: int) -> Planted:
    opened, days = _days(draw, rows), draw.integers(1, 90, rows)
    closed = [day + datetime.timedelta(int(more)) for day, more in zip(opened, days, strict=True)]
    return Planted({"opened": opened, "closed": closed, "y": days > 45}, "binary", {"opened", "closed"})


def _lasted(draw: Draw, rows: int) -> Planted:
    opened, days = _days(draw, rows), draw.integers(1, 90, rows)
    closed = [day + datetime.timedelta(int(more)) for day, more in zip(opened, days, strict=True)]
    return Planted({"opened": opened, "closed": closed, "y": days + 0.0}, "regression", {"opened", "closed"})


def _sibling(draw: Draw, rows: int) -> Planted:
    y, there = draw.lognormal(5, 1, rows), draw.random(rows) < 0.8
    frame = {"claim_paid": gappy(y * 1.07, there), "claim_office": gappy(draw.integers(1, 9, rows), there)}
    return Planted({**frame, "y": y}, "regression", set(frame))


def _eight_afterwards(draw: Draw, rows: int) -> Planted:
    y = draw.random(rows) < 0.3
    frame = {f"recovery_{n}": gappy(draw.normal(size=rows), y & (draw.random(rows) < 0.5)) for n in range(8)}
    return Planted({**frame, "y": y}, "binary", set(frame))


def _exclusive(draw: Draw, rows: int) -> Planted:
    one, other = draw.random((2, rows)) < 0.5
    return Planted({"in_list": one, "in_book": other, "y": one != other}, "binary", {"in_list", "in_book"})


def _exclusive_words(draw: Draw, rows: int) -> Planted:
    one, other = draw.choice(["yes", "no"], (2, rows))
    return Planted({"asked": one, "told": other, "y": one == other}, "binary", {"asked", "told"})


def _larger(draw: Draw, rows: int) -> Planted:
    first, second = draw.gamma(2, 10, (2, rows)).round(2)
    frame = {"first": first, "second": second}
    return Planted({**frame, "y": np.maximum(first, second)}, "regression", {"first", "second"})


def _smaller_passes(draw: Draw, rows: int) -> Planted:
    stock, asked = draw.normal(50, 15, (2, rows)).round(2)
    return Planted({"stock": stock, "asked": asked, "y": np.minimum(stock, asked)}, "regression", {"stock", "asked"})


def _total(draw: Draw, rows: int) -> Planted:
    months = draw.gamma(2, 10, (12, rows)).round(2)
    frame: dict[str, object] = {f"month_{place}": values for place, values in enumerate(months)}
    return Planted({**frame, "y": months.sum(axis=0)}, "regression", set(frame))


def _days(draw: Draw, rows: int) -> list[datetime.date]:
    start = datetime.date(2023, 1, 1)
    return [start + datetime.timedelta(int(days)) for days in draw.integers(0, 700, rows)]


LEAKS: dict[str, Callable[[Draw, int], Planted]] = {
    "the sum of two columns": _sum,
    "the difference of two columns that hardly differ": _difference,
    "a weighted sum of three": _weighted,
    "a product": _product,
    "whether a sum passes a bound": _passes_a_sum,
    "whether a ratio passes a bound": _passes_a_ratio,
    "a value that is absent": _absent,
    "one of two values absent": _either_absent,
    "days between two dates pass a bound": _lasts,
    "days between two dates": _lasted,
    "a column that comes with a leak": _sibling,
    "eight columns from after the outcome": _eight_afterwards,
    "whether two answers differ": _exclusive,
    "whether two words differ": _exclusive_words,
    "the larger of two": _larger,
    "the smaller of two": _smaller_passes,
    "a total of twelve": _total,
}


def _bunch(load: Callable[[], Bunch]) -> pl.DataFrame:
    data = load()
    names = [str(name) for name in data.feature_names]
    return pl.DataFrame(data.data, schema=names).with_columns(y=pl.Series(data.target))


def _far_apart() -> pl.DataFrame:
    """Two classes a little apart in each of thirty columns, and so almost never confused."""
    draw = np.random.default_rng(5)
    y = draw.integers(0, 2, 2_000)
    x = draw.normal(size=(y.size, 30)) + 1.2 * y[:, None]
    return pl.DataFrame(x, schema=[f"sensor_{place}" for place in range(30)]).with_columns(y=y == 1)


def _physics() -> pl.DataFrame:
    """A number that fifteen columns tell but for a thousandth."""
    draw = np.random.default_rng(6)
    x = draw.normal(size=(2_000, 15))
    y = x.sum(axis=1) + draw.normal(0, 0.1, 2_000)
    return pl.DataFrame(x, schema=[f"force_{place}" for place in range(15)]).with_columns(y=y)


def _interaction() -> pl.DataFrame:
    """Two columns of which it matters whether they go together, and much else."""
    draw = np.random.default_rng(8)
    x = draw.normal(size=(2_000, 12))
    y = draw.random(2_000) < 1 / (1 + np.exp(-3 * x[:, 0] * x[:, 1] - x[:, 2:8].sum(axis=1)))
    return pl.DataFrame(x, schema=[f"dose_{place}" for place in range(12)]).with_columns(y=y)


def _dearest() -> pl.DataFrame:
    """A price that follows the dearest of three parts, and a little luck."""
    draw = np.random.default_rng(9)
    x = draw.gamma(2, 10, (2_000, 8))
    y = x[:, :3].max(axis=1) + draw.normal(0, 2, 2_000)
    return pl.DataFrame(x, schema=[f"part_{place}" for place in range(8)]).with_columns(y=y)


def _measured_total() -> pl.DataFrame:
    """A total of twelve that was measured, not computed."""
    draw = np.random.default_rng(10)
    x = draw.gamma(2, 10, (2_000, 12))
    y = x.sum(axis=1) * draw.normal(1, 0.002, 2_000)
    return pl.DataFrame(x, schema=[f"meter_{place}" for place in range(12)]).with_columns(y=y)


def _counts() -> pl.DataFrame:
    draw = np.random.default_rng(7)
    x = draw.poisson(2, (2_000, 10)) - 2  # quartiles of some lie one apart around 0: no number was standardised
    y = draw.random(2_000) < 1 / (1 + np.exp(-0.4 * x[:, :5].sum(axis=1)))
    return pl.DataFrame(x, schema=[f"count_{place}" for place in range(10)]).with_columns(y=y)


CLEAN: dict[str, tuple[Callable[[], pl.DataFrame], str]] = {
    "iris": (lambda: _bunch(datasets.load_iris), "multiclass"),
    "wine": (lambda: _bunch(datasets.load_wine), "multiclass"),
    "breast cancer": (lambda: _bunch(datasets.load_breast_cancer), "binary"),
    "diabetes": (lambda: _bunch(datasets.load_diabetes), "regression"),
    "digits": (lambda: _bunch(datasets.load_digits), "multiclass"),
    "counts": (_counts, "binary"),
    "thirty columns that tell two classes apart": (_far_apart, "binary"),
    "fifteen columns that tell a number": (_physics, "regression"),
    "two columns that go together": (_interaction, "binary"),
    "the dearest of three": (_dearest, "regression"),
    "a total that was measured": (_measured_total, "regression"),
}
