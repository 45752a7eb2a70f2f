"""A candidate that fails drops out with a sentence, and the others go on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlops.documents.training_profile import TrainingProfile
from mlops.errors import ConfigurationError, DataError
from mlops.stages import train
from mlops.stages.context import StageContext
from mlops.stages.profiling import place
from tests.builders.training import binary, write_features

pytestmark = pytest.mark.slow

MODULE = """
import pathlib

import pytorch_lightning as pl
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn


class Unwritable(LogisticRegression):
    def fit(self, x, y):
        with pathlib.Path(__file__).with_name("seen.txt").open("a") as seen:
            seen.write(f"{len(x)} ")
        return super().fit(x, y)

    def predict_proba(self, x):
        return super().predict_proba(x)


class Random(pl.LightningModule):
    def __init__(self, shape):
        super().__init__()
        self.layer = nn.Linear(shape[0], 1)
        self.steps = 0

    def forward(self, x):
        return self.layer(x) * 50 + torch.rand(1) * 5

    def training_step(self, batch, index):
        x, y = batch
        self.steps += 1
        return nn.functional.binary_cross_entropy_with_logits(self(x).squeeze(-1), y.float())

    def on_train_end(self):
        if self.steps < 10:
            raise ValueError("too few rows to say")

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.05)
"""
LINEAR = {"kind": "linear"}
DIVERGES = {"kind": "mlp", "hidden": [8], "lr": 1e30}
WEAK = {"kind": "mlp", "hidden": [2], "lr": 1e-6}
UNWRITABLE = {"kind": "pipelines.churn.mine:Unwritable"}
RANDOM = {"kind": "pipelines.churn.mine:Random"}


def trained(root: Path, **candidates: dict[str, Any]) -> StageContext:
    trainer = {"max_epochs": 4, "batch_size": 32, "profile": True}
    context = write_features(root, binary(), candidates=candidates, trainer=trainer)
    context.path("mine.py").write_text(MODULE, encoding="utf-8")
    train.run(context)
    return context


def report(context: StageContext) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(context.path("reports/training.json").read_bytes())
    return found


def test_one_that_diverges_leaves_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = report(trained(tmp_path, net=DIVERGES, linear=LINEAR))
    why = "candidate net diverged at epoch 1: loss is NaN"
    assert (found["chosen"], list(found["candidates"]), found["dropped"]) == ("linear", ["linear"], {"net": why})
    assert f"train: net is left out: {why}\n" in capsys.readouterr().err


def test_one_that_cannot_be_served_is_told_before_it_sees_all_rows(tmp_path: Path) -> None:
    context = trained(tmp_path, linear=LINEAR, mine=UNWRITABLE)
    assert list(report(context)["dropped"]) == ["mine"]
    assert report(context)["dropped"]["mine"].startswith("Unwritable cannot be written as ONNX: ")
    assert context.path("seen.txt").read_text() == "50 "
    profile = TrainingProfile.read(place(context.root, "churn"))
    assert profile is not None
    assert {name: set(each.seconds) for name, each in profile.candidates.items()} == {
        "mine": {"rehearsal"},
        "linear": {"fitting", "export"},
    }
    assert set(profile.stage.seconds) == {"all else", "reading rows"}


def test_one_that_answers_otherwise_as_onnx_makes_room_for_the_next(tmp_path: Path) -> None:
    found = report(trained(tmp_path, weak=WEAK, mine=RANDOM, net=DIVERGES))
    assert found["chosen"] == "weak"
    assert found["dropped"].keys() == {"mine", "net"}
    assert "differs from the trained one" in found["dropped"]["mine"]
    assert list(found["candidates"]) == ["mine", "weak"]


def test_where_all_fail_all_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        trained(tmp_path, net=DIVERGES, wide={**DIVERGES, "hidden": [9]})
    assert caught.value.message == (
        "every candidate failed\n"
        "  net: candidate net diverged at epoch 1: loss is NaN\n"
        "  wide: candidate wide diverged at epoch 1: loss is NaN"
    )
    assert not (tmp_path / "pipelines/churn/artifacts/model").exists()


def test_one_alone_fails_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        trained(tmp_path, net=DIVERGES)
