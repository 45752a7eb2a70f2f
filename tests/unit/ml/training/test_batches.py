from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mlops.ml.training.batches import Batches, InOrder

pytestmark = pytest.mark.slow


def batches(rows: int, size: int, at_once: int = 1, seed: int = 0) -> Batches:
    x = torch.arange(rows, dtype=torch.float32)
    return Batches(x[:, None], x, size=size, seed=seed, at_once=at_once)


def seen(loader: Batches, epoch: int) -> list[int]:
    loader.set_epoch(epoch)
    return [int(row) for _, y in loader for row in y]


@given(rows=st.integers(1, 200), size=st.integers(2, 40), at_once=st.integers(1, 5), epoch=st.integers(0, 9))
def test_every_row_is_visited_once_and_a_lone_last_one_sits_out(rows: int, size: int, at_once: int, epoch: int) -> None:
    loader = batches(rows, size, at_once)
    found = seen(loader, epoch)
    lone = rows % size == 1 and rows > 1
    assert len(found) == len(set(found)) == rows - lone
    assert len(list(loader)) == len(loader)


def test_an_epoch_has_the_same_order_in_every_process_whatever_came_before() -> None:
    one, other = batches(50, 8), batches(50, 8)
    for epoch in range(3):
        seen(one, epoch)
    torch.manual_seed(99)
    assert seen(one, 7) == seen(other, 7)


def test_epochs_and_seeds_have_orders_of_their_own() -> None:
    loader = batches(50, 8)
    assert seen(loader, 0) != seen(loader, 1)
    assert seen(loader, 0) != seen(batches(50, 8, seed=1), 0)


def test_blocks_hold_the_same_rows_in_the_same_order_as_batches() -> None:
    assert seen(batches(50, 8), 3) == seen(batches(50, 8, at_once=3), 3)


def test_an_epoch_named_after_iter_and_before_next_counts() -> None:
    loader = batches(50, 8)
    iterator = iter(loader)
    loader.sampler.set_epoch(4)
    first = next(iterator)[1]
    assert first.tolist() == pytest.approx(seen(batches(50, 8), 4)[:8])


def test_validation_rows_keep_their_order() -> None:
    x = torch.arange(10)
    loader = InOrder(x[:, None], x, rows=4)
    assert [y.tolist() for _, y in loader] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert len(loader) == 3
