"""What `mlops new` writes of a sample holds for the next sample of the same data."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from mlops.ml.data.inference import ColumnGuess, describe
from mlops.ml.data.parquet import ROW

pytestmark = pytest.mark.slow

DRAWS = {
    "normal": lambda random, rows: random.normal(50, 10, rows),
    "exponential": lambda random, rows: random.exponential(5, rows),
    "lognormal": lambda random, rows: random.lognormal(3, 1, rows),
    "widely lognormal": lambda random, rows: random.lognormal(3, 2, rows),
    "Student": lambda random, rows: random.standard_t(3, rows),
    "Pareto": lambda random, rows: random.pareto(2, rows) + 1,
    "Poisson": lambda random, rows: random.poisson(3, rows),
}
SHARES = (0.01, 0.05, 0.2, 0.5)


def sample(random: np.random.Generator, rows: int) -> pl.DataFrame:
    """Columns of many shapes, some with gaps, and one of five levels."""
    columns = {name: draw(random, rows) for name, draw in DRAWS.items()}
    for share in SHARES:
        values = random.normal(size=rows)
        columns[f"gaps {share}"] = np.where(random.random(rows) < share, np.nan, values)
    columns["level"] = np.array(list("abcde"))[random.choice(5, rows, p=[0.5, 0.25, 0.15, 0.07, 0.03])]
    return pl.DataFrame(columns).with_columns(pl.selectors.float().fill_nan(None)).with_row_index(ROW)


def holds(guess: ColumnGuess, values: pl.Series) -> bool:
    known = values.drop_nulls()
    low, high = guess.between or (None, None)
    return (
        (guess.nulls is None or values.null_count() <= guess.nulls * len(values))
        and (low is None or float(known.min()) >= low)
        and (high is None or float(known.max()) <= high)
        and (guess.one_of is None or set(known) <= set(guess.one_of))
    )


@pytest.mark.parametrize("rows", [100, 300, 1_000])
def test_a_rule_refuses_a_further_sample_of_the_same_data_at_most_once_in_a_hundred(rows: int) -> None:
    alarms = asked = bounded = 0
    for draw in range(20):
        random = np.random.default_rng([rows, draw])
        seen, further = sample(random, rows), sample(random, rows)
        guesses = describe(seen)
        alarms += sum(not holds(guess, further[guess.name]) for guess in guesses)
        asked += len(guesses)
        bounded += sum(None not in (guess.between or (None,)) for guess in guesses)
    assert alarms <= asked / 100
    assert rows < 500 or bounded > asked / 2, "rules that hold because they say nothing"
