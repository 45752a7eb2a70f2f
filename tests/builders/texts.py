"""Short reviews, whose words say whether they are kind, and what a model reads of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from mlops.blocks.column_group import Group, Layout
from mlops.bundle.text import Text
from mlops.expressions.values import texts
from mlops.ml.training.problem import Examples, Problem, Task

KIND = ("good", "great", "kind", "warm", "quick")
UNKIND = ("bad", "late", "rude", "cold", "slow")
PLAIN = ("the", "parcel", "was", "it", "and", "we", "they", "came", "again", "today")


def reviews(rows: int, seed: int = 0) -> tuple[list[str], np.ndarray[Any, Any]]:
    """Write reviews, and how kind each is: kind words less unkind ones, with noise."""
    draw = np.random.default_rng(seed)
    written, kindness = [], np.zeros(rows)
    for row in range(rows):
        words = list(draw.choice([*PLAIN, *KIND, *UNKIND], size=draw.integers(4, 12)))
        kindness[row] = sum((word in KIND) - (word in UNKIND) for word in words)
        written.append(" ".join(words))
    return written, kindness + draw.normal(scale=0.3, size=rows)


def table(rows: int = 300, seed: int = 0) -> pl.DataFrame:
    """A table of reviews with numbers beside them; `y` is whether one is kind."""
    written, kindness = reviews(rows, seed)
    stars = np.random.default_rng(seed + 1).integers(1, 6, rows)
    return pl.DataFrame({"review": written, "stars": stars, "y": kindness > 0})


VOCABULARY = (*KIND, *UNKIND, *PLAIN)
ITEM = Text(column="review", tokenizer=1, unit="words", ngrams=(1, 1), length=12, vocabulary=VOCABULARY, normalise=True)


def examples(task: Task, rows: int = 300) -> tuple[Examples, Problem]:
    """Rows of one number and a text; the text says all."""
    written, kindness = reviews(rows)
    number = np.random.default_rng(3).normal(size=(rows, 1)).astype(np.float32)
    x = np.concatenate([number, ITEM.encoded(texts([*written]))], axis=1)
    y: Any = (100 + 20 * kindness).astype(np.float32)
    if task != "regression":
        y = np.digitize(kindness, [0.0] if task == "binary" else [-1.0, 1.0]).astype(np.int64)
    length = 2 * ITEM.length
    sizes = (ITEM.size + 1,) * ITEM.length + (0,) * ITEM.length
    layout = Layout((Group("scaled", (0,), (1,)), Group(ITEM.group, tuple(range(1, 1 + length)), (length,), sizes)))
    third = rows // 3
    found = Examples(x[third:], y[third:], x[:third], y[:third])
    return found, Problem.of(task, found, layout)
