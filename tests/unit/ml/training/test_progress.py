from __future__ import annotations

import pytest

from mlops.ml.training.progress import bar
from mlops.ml.training.session import Epoch

pytestmark = pytest.mark.slow


def test_away_from_a_terminal_a_line_is_said_every_few_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    moments = iter([0.0, 4.9, 5.0, 9.9, 12.0])
    with bar("mlp", 30, "auroc", lambda: next(moments)) as move:
        for number in range(1, 5):
            move(Epoch(number, validation_loss=0.5, metric=0.75))
    assert capsys.readouterr().err == (
        "train: mlp: epoch 2 of 30 · auroc 0.7500 · loss 0.5000\n"
        "train: mlp: epoch 4 of 30 · auroc 0.7500 · loss 0.5000\n"
    )


def test_what_takes_a_moment_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with bar("mlp", 30, "auroc", lambda: 0.0) as move:
        move(Epoch(1, validation_loss=0.5, metric=0.75))
    assert capsys.readouterr().err == ""
