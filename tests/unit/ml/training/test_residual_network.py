from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.ml.training import candidates, export
from mlops.ml.training.asked import Asked
from mlops.ml.training.augmentation import augmented
from mlops.ml.training.problem import Problem
from tests.builders.training import ACCURACY, NOWHERE, images, session

pytestmark = pytest.mark.slow

SMALL = {"kind": "resnet", "channels": [8, 16], "blocks": 1, "lr": 0.01}


def learn(epochs: int = 2, **more: Any) -> Any:
    data = images()
    candidate = candidates.build("a", Asked(**SMALL | more), Problem.of("multiclass", data), NOWHERE)
    return candidate.fit(data, session(ACCURACY, max_epochs=epochs))


def test_the_graph_answers_as_the_network_does_and_changes_nothing_at_random() -> None:
    data, fitted = images(), learn()
    graph = fitted.export()
    rows = np.concatenate([data.validation_x, np.full((1, 1, 8, 8), 1e9, dtype=np.float32)])
    assert export.run(graph, rows) == pytest.approx(fitted.predict(rows), abs=1e-4)
    assert export.run(graph, rows).tolist() == export.run(graph, rows).tolist()
    assert fitted.predict(rows).tolist() == learn().predict(rows).tolist()
    assert fitted.predict(rows).tolist() != learn(augment=None).predict(rows).tolist()


def test_corners_are_told_apart() -> None:
    assert max(epoch.metric for epoch in learn(8, augment={"shift": 1}).history) > 0.9


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 999), shift=st.integers(0, 3), flip=st.booleans(), size=st.sampled_from([(2, 5), (4, 4)]))
def test_a_changed_picture_is_the_picture_mirrored_and_moved(
    seed: int, shift: int, flip: bool, size: tuple[int, int]
) -> None:
    x = torch.randn(6, 2, *size, generator=torch.Generator().manual_seed(seed))
    found = augmented(x, flip=flip, shift=shift, seed=seed)
    for picture, changed in zip(x, found, strict=True):
        known = [_moved(each, down, right) for each in _sides(picture, flip) for down, right in _moves(shift)]
        assert any(torch.equal(each, changed) for each in known)
    assert torch.equal(found, augmented(x, flip=flip, shift=shift, seed=seed))


def _sides(picture: torch.Tensor, flip: bool) -> list[torch.Tensor]:
    return [picture, picture.flip(-1)] if flip else [picture]


def _moves(shift: int) -> list[tuple[int, int]]:
    return [(down, right) for down in range(-shift, shift + 1) for right in range(-shift, shift + 1)]


def _moved(picture: torch.Tensor, down: int, right: int) -> torch.Tensor:
    moved = torch.zeros_like(picture)
    height, width = picture.shape[1:]
    for row in range(max(0, down), min(height, height + down)):
        for column in range(max(0, right), min(width, width + right)):
            moved[:, row, column] = picture[:, row - down, column - right]
    return moved


def test_pictures_are_changed_otherwise_by_each_seed_and_about_half_are_mirrored() -> None:
    x = torch.arange(3.0).repeat(400, 1, 2, 1)
    found = augmented(x, flip=True, shift=0, seed=1)
    assert 150 < int((found[:, 0, 0, 0] == 2).sum()) < 250
    assert not torch.equal(found, augmented(x, flip=True, shift=0, seed=2))
