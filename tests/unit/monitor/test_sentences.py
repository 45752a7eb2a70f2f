"""Sentences of a window against training's: chance gives no alarm, other words and other lengths do."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.bundle.recipe import Recipe
from mlops.configuration.monitor import Monitor
from mlops.documents.profile import ColumnProfile
from mlops.expressions.values import texts
from mlops.monitor import drift, sentences
from mlops.stages import fit_text, text_profile
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


def learnt(train: list[str] | None = None, **asked: object) -> tuple[ColumnProfile, Recipe]:
    train = train or written(0, 2_000)
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
    assert set(seen[0]) == {"review", "review.tokens", "review.unseen"}
    wrong = sum("drift" in window.values() for window in seen)
    assert wrong <= 1, f"{wrong} of {len(seen)} windows"


def test_new_words_and_longer_texts_are_told_apart() -> None:
    found = learnt()
    rarer = verdicts(found, written(1, shape=1.2))
    assert (rarer["review"], rarer["review.unseen"]) == ("drift", "drift")
    assert verdicts(found, written(1, longest=40))["review"] == "drift"
    new = [" ".join(f"v{word[1:]}" if n % 2 else word for n, word in enumerate(text.split())) for text in written(1)]
    assert verdicts(found, new) == {"review": "none", "review.tokens": "drift", "review.unseen": "drift"}


def on_topics(seed: int, shares: list[float], rows: int = ROWS) -> list[str]:
    """Draw texts of one of four topics each: of the same words, half come more often in one topic than in others."""
    draw = np.random.default_rng(seed)
    common = np.arange(1, 401) ** -1.1
    words = [
        common * np.exp(np.where(np.arange(400) % 2, np.random.default_rng(t).normal(size=400), 0)) for t in range(4)
    ]
    topics = draw.choice(4, rows, p=shares)
    return [
        " ".join(f"w{word}" for word in draw.choice(400, length, p=words[topic] / words[topic].sum()))
        for topic, length in zip(topics, draw.integers(3, 20, rows), strict=True)
    ]


@pytest.mark.parametrize("asked", [{}, {"vocabulary": "hashed", "at_most": 4_096}])
def test_another_topic_of_the_same_length_and_words_is_told(asked: dict[str, object]) -> None:
    even = [0.25] * 4
    found = learnt(on_topics(0, even, 2_000), **asked)
    like = [verdicts(found, on_topics(seed, even))["review.tokens"] for seed in range(1, 9)]
    assert "drift" not in like
    other = verdicts(found, on_topics(99, [1, 0, 0, 0]))
    assert other == {"review": "none", "review.tokens": "drift", "review.unseen": "none"}
    assert verdicts(found, on_topics(99, [1, 0, 0, 0], 400))["review.tokens"] == "insufficient"


def test_bins_bear_the_names_of_tokens_and_a_bundle_that_hashes_has_numbers() -> None:
    for asked, named in (({}, r"`w\d+`"), ({"vocabulary": "hashed", "at_most": 4_096}, r"token \d+")):
        described, recipe = learnt(**asked)
        found = dict(sentences.bins(pl.Series("review", written(1)), described, recipe.text_of("review"), 2_000))
        assert found["review.tokens"].names[-1] == "none of these"
        assert all(re.fullmatch(named, name) for name in found["review.tokens"].names[:-1])
        assert found["review.tokens"].window.sum() == ROWS
        assert found["review.tokens"].reference.sum() == pytest.approx(1_000)


def test_a_bundle_of_an_earlier_release_is_compared_by_what_it_knows() -> None:
    described, recipe = learnt()
    assert set(verdicts((described.model_copy(update={"tokens": None}), recipe), written(1))) == {
        "review",
        "review.unseen",
    }


def test_tokens_that_sort_next_to_no_text_are_not_taken() -> None:
    assert text_profile.sorts([[number] for number in range(1, 400)]) is None
    assert text_profile.sorts([[], [0], [0, 0]]) is None


@given(st.lists(st.lists(st.integers(0, 9), max_size=6), min_size=20, max_size=160))
def test_every_text_that_is_counted_is_in_one_bin(listed: list[list[int]]) -> None:
    found = text_profile.sorts(listed)
    assert found == text_profile.sorts([[*reversed(own)] for own in listed])
    if found is not None:
        assert found.rows == len(listed) // 2
        assert len(found.shares) == len(found.ids) + 1 <= 20
        assert sum(found.shares) == pytest.approx(1, abs=1e-5)


def test_no_text_of_anybody_is_in_the_profile() -> None:
    described, _ = learnt()
    assert described.frequencies == {}
    assert described.type == "text"
