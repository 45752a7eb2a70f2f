from __future__ import annotations

import pytest

from mlops.ml.training.seeds import derive

pytestmark = pytest.mark.slow


def test_a_seed_is_the_same_on_every_machine() -> None:
    assert derive(0, "a", 1) == 886027111


def test_names_have_seeds_of_their_own() -> None:
    found = [derive(seed, name) for seed in range(20) for name in ("weights", "order", "epoch")]
    assert len(set(found)) == len(found)
    assert all(0 <= seed < 2**31 for seed in found)
