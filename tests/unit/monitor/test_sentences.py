"""Sentences of a window against training's: chance gives no alarm, other words and other lengths do."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from mlops.bundle.recipe import Recipe
from mlops.configuration.monitor import Monitor
from mlops.documents.profile import ColumnProfile
from mlops.expressions.values import texts
from mlops.monitor import drift, sentences
from mlops.stages import fit_text
from mlops.stages.profile import profile
from mlops.transforms.features import Text as Asked

pytestmark = pytest.mark.slow

ROWS = 600


def written(seed: int, rows: int = ROWS, shape: float = 1.4, longest: int = 20) -> list[str]:
    """Draw texts whose words come as often as words do: a few all the time, most hardly ever (Zipf)."""
    draw = np.random.default_rng(seed)
    lengths = draw.integers(3, longest, rows)
    words = draw.zipf(shape, lengths.sum())
    return [" ".join(f"w{word}" for word in part) for part in np.split(words, np.cumsum(lengths)[:-1])]


def learnt(**asked: object) -> tuple[ColumnProfile, Recipe]:
    train = written(0, 2_000)
    item, _ = fit_text.fit("review", texts([*train]), Asked.model_validate({"min_count": 3, **asked}))
    recipe = Recipe.model_validate(
        {
            "schema_version": 2,
            "kind": "tabular",
            "task": "regression",
            "target": {"name": "y"},
            "columns": [{"name": "review", "type": "text", "nullable": False}],
            "texts": [item.model_dump()],
        }
    )
    described = profile(pl.DataFrame({"review": train}), recipe, np.linspace(0, 1, 2_000, dtype=np.float32))
    return described.columns["review"], recipe


def verdicts(found: tuple[ColumnProfile, Recipe], window: list[str]) -> dict[str, str]:
    described, recipe = found
    pairs = dict(sentences.bins(pl.Series("review", window), described, recipe.text_of("review"), 2_000))
    return {shift.column: shift.verdict for shift in drift.shifts(pairs, Monitor().drift)}


@pytest.mark.parametrize(
    "asked", [{}, {"vocabulary": "hashed", "at_most": 4_096}, {"tokens": "chars", "ngrams": [3, 3]}]
)
def test_windows_like_training_do_not_cry_wolf(asked: dict[str, object]) -> None:
    found = learnt(**asked)
    seen = [verdicts(found, written(seed)) for seed in range(1, 31)]
    assert set(seen[0]) == {"review", "review.unseen"}
    wrong = sum("drift" in window.values() for window in seen)
    assert wrong <= 1, f"{wrong} of {len(seen)} windows"


def test_new_words_and_longer_texts_are_told_apart() -> None:
    found = learnt()
    assert verdicts(found, written(1, shape=1.2)) == {"review": "drift", "review.unseen": "drift"}
    assert verdicts(found, written(1, longest=40))["review"] == "drift"
    new = [" ".join(f"v{word[1:]}" if n % 2 else word for n, word in enumerate(text.split())) for text in written(1)]
    assert verdicts(found, new) == {"review": "none", "review.unseen": "drift"}


def test_no_text_of_anybody_is_in_the_profile() -> None:
    described, _ = learnt()
    assert described.frequencies == {}
    assert described.type == "text"
