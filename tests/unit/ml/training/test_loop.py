from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers import CSVLogger
from torch import Tensor, nn

from mlops.blocks.trainer import Trainer
from mlops.errors import ConfigurationError, DataError
from mlops.ml.training import checkpoint
from mlops.ml.training.loop import FittedModule, LightningCandidate
from mlops.ml.training.networks import Network, mlp
from mlops.ml.training.problem import Examples, Problem
from mlops.ml.training.session import Epoch, Judge, Session
from tests.builders.training import AUROC, binary, session

pytestmark = pytest.mark.slow

DATA = binary()
PROBLEM = Problem.of("binary", DATA)


class Killed(Exception):
    """Stands for the power cut."""


def network(run: Session, lr: float = 0.01) -> Network:
    body = mlp(PROBLEM, [8], 0.3)
    return Network(body, "binary", lr=lr, weight_decay=0.01, batch_size=run.options.batch_size)


class Own(pl.LightningModule):
    """A module as a user writes it: draws of three generators, a schedule, logs, validation."""

    def __init__(self, plateau: bool = False) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 2))
        self.plateau = plateau
        self.validated = 0
        self.batches: list[int] = []

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.layers(x)
        return answer

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
        x, y = batch
        self.batches.append(len(x))
        noise = 0.01 * random.random() + 0.01 * float(np.random.rand())
        loss = nn.functional.cross_entropy(self(x + noise), y)
        self.log("loss", loss)
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], _: int) -> None:
        self.validated += len(batch[0])
        self.log("val", nn.functional.cross_entropy(self(batch[0]), batch[1]))

    def configure_optimizers(self) -> Any:
        optimizer = torch.optim.SGD(self.parameters(), lr=0.1, momentum=0.9)
        if self.plateau:
            schedule: Any = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0)
            return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "monitor": "val"}}
        return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)]


def fit(build: Any, folder: Path | None = None, stop_at: int | None = None, **options: Any) -> FittedModule:
    def observe(epoch: Epoch) -> None:
        if epoch.number == stop_at:
            raise Killed

    settings: dict[str, Any] = {"max_epochs": 6, "batch_size": 32, "patience": None} | options
    run = Session("net", 5, AUROC, Trainer(**settings), folder, observe)
    return LightningCandidate(PROBLEM, build).fit(DATA, run)


def same(one: FittedModule, other: FittedModule) -> bool:
    left, right = one.scores.state_dict(), other.scores.state_dict()
    return one.history == other.history and all(torch.equal(left[name], right[name]) for name in left)


@pytest.mark.parametrize("build", [network, lambda _: Own()], ids=["ours", "a user's"])
@pytest.mark.parametrize("stop_at", [1, 2, 5])
def test_a_run_that_was_cut_off_ends_as_if_it_had_not_been(build: Any, stop_at: int, tmp_path: Path) -> None:
    undisturbed = fit(build)
    with pytest.raises(Killed):
        fit(build, tmp_path, stop_at)
    assert (tmp_path / checkpoint.LAST).exists() == (stop_at > 1)
    torch.rand(7)
    resumed: list[int] = []
    again = Session(
        "net",
        5,
        AUROC,
        Trainer(max_epochs=6, batch_size=32, patience=None),
        tmp_path,
        lambda epoch: resumed.append(epoch.number),
    )
    assert same(undisturbed, LightningCandidate(PROBLEM, build).fit(DATA, again))
    assert resumed == list(range(stop_at, 7))


def test_a_run_cut_off_after_its_last_epoch_trains_no_more(tmp_path: Path) -> None:
    whole = fit(network, tmp_path)
    assert same(whole, fit(network, tmp_path, stop_at=1))


def test_a_run_cut_off_after_it_stopped_early_trains_no_more(tmp_path: Path) -> None:
    stopped = fit(network, tmp_path, patience=1, max_epochs=60)
    assert len(stopped.history) < 60
    again = fit(network, tmp_path, stop_at=len(stopped.history) + 1, patience=1, max_epochs=60)
    assert same(stopped, again)


def test_a_damaged_checkpoint_costs_time_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Killed):
        fit(network, tmp_path, 4)
    path = tmp_path / checkpoint.LAST
    path.write_bytes(path.read_bytes()[:-1])
    assert same(fit(network), fit(network, tmp_path))
    assert "training starts again" in capsys.readouterr().err


def test_a_schedule_that_cannot_be_resumed_exactly_is_not_checkpointed(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        fit(lambda _: Own(plateau=True), tmp_path, 4)
    assert list(tmp_path.iterdir()) == []


def test_the_weights_are_those_of_the_best_epoch() -> None:
    metrics = iter([0.1, 0.9, 0.3, 0.9, 0.2, 0.2, 0.2, 0.2])
    judge = Judge("auroc", True, lambda _y, _score: next(metrics))
    fitted = LightningCandidate(PROBLEM, network).fit(DATA, session(judge, max_epochs=8, patience=3))
    assert len(fitted.history) == 7
    # Of two equal metrics the one with the lower loss is the better.
    assert fitted.best_epoch == 4
    until = fit(network, max_epochs=4)
    kept = LightningCandidate(PROBLEM, network).fit(DATA, session(_last(), max_epochs=4, patience=None))
    assert kept.best_epoch == 4
    assert until.history[3].train_loss == fitted.history[3].train_loss
    assert np.array_equal(kept.predict(DATA.validation_x), fitted.predict(DATA.validation_x))


def _last() -> Judge:
    numbers = iter(range(100))
    return Judge("number", True, lambda _y, _score: float(next(numbers)))


def test_without_patience_every_epoch_is_trained() -> None:
    assert len(fit(network, max_epochs=9, patience=None).history) == 9


def test_a_training_that_runs_away_says_which_knob_to_turn() -> None:
    with pytest.raises(DataError) as caught:
        fit(lambda run: network(run, lr=1e30))
    assert caught.value.message == "candidate net diverged at epoch 1: loss is NaN"
    assert caught.value.hint == "lower lr (now 1e+30), or set gradient_clip: 1.0 under trainer"


def test_a_users_module_gets_single_batches_its_own_validation_and_clipping() -> None:
    modules: list[Own] = []

    def build(_: Session) -> Own:
        modules.append(Own())
        return modules[-1]

    fitted = fit(build, max_epochs=2, gradient_clip=0.5)
    assert modules[0].batches == [32] * 9 + [12] + [32] * 9 + [12]
    assert modules[0].validated == 2 * len(DATA.validation_x)
    assert fitted.predict(DATA.validation_x).shape == (len(DATA.validation_x),)
    assert AUROC.compute(DATA.validation_y, fitted.predict(DATA.validation_x)) > 0.8


def test_lightning_counts_the_optimisers_steps() -> None:
    steps: list[int] = []

    class Counted(Network):
        def on_train_epoch_end(self) -> None:
            steps.append(self.trainer.global_step)

    def build(run: Session) -> Network:
        return Counted(mlp(PROBLEM, [4], 0.0), "binary", lr=0.01, weight_decay=0.0, batch_size=run.options.batch_size)

    fit(build, max_epochs=3)
    assert steps == [10, 20, 30]


def test_loggers_of_lightning_are_fed_once_an_epoch(tmp_path: Path) -> None:
    candidate = LightningCandidate(PROBLEM, network, (CSVLogger(tmp_path, name="", version=""),))
    candidate.fit(DATA, session(max_epochs=2))
    header, *rows = (tmp_path / "metrics.csv").read_text().splitlines()
    assert sorted(header.split(",")) == ["step", "train_loss", "validation_auroc", "validation_loss"]
    assert len(rows) == 2


class Counting(pl.Callback):
    """A callback of a user's own, which looks on."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.seen.append(trainer.current_epoch)


class Focal(Own):
    """A module with a loss, a callback and a logger of its own."""

    def __init__(self, folder: Path, logger: Any = CSVLogger) -> None:
        super().__init__()
        self.folder, self.logger_of, self.counting = folder, logger, Counting()

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
        x, y = batch
        share = self(x).softmax(-1)[torch.arange(len(y)), y]
        loss = -((1 - share) ** 2 * share.log()).mean()
        self.log("focal", loss, on_step=False, on_epoch=True)
        return loss

    def configure_callbacks(self) -> list[pl.Callback]:
        return [self.counting]

    def configure_loggers(self) -> list[Any]:
        return [self.logger_of(self.folder, name="", version="")]


def test_a_loss_callbacks_and_loggers_of_a_users_own_are_taken(tmp_path: Path) -> None:
    module = Focal(tmp_path)
    fitted = fit(lambda _: module, max_epochs=8)
    assert max(epoch.metric for epoch in fitted.history) > 0.85
    assert module.counting.seen == list(range(8))
    header, *rows = (tmp_path / "metrics.csv").read_text().splitlines()
    assert {"focal", "val", "validation_auroc", "validation_loss", "train_loss"} <= set(header.split(","))
    assert len(rows) >= 8
    plain = fit(lambda _: Own(), max_epochs=8)
    assert [epoch.train_loss for epoch in fitted.history] != [epoch.train_loss for epoch in plain.history]


def test_a_callback_that_stops_is_heard(tmp_path: Path) -> None:
    class Early(Counting):
        def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
            trainer.should_stop = trainer.current_epoch == 2

    module = Focal(tmp_path)
    module.counting = Early()
    assert len(fit(lambda _: module, max_epochs=8).history) == 3


def test_what_is_no_logger_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as error:
        fit(lambda _: Focal(tmp_path, lambda *_, **__: "wandb"), max_epochs=1)
    assert error.value.message == "Focal.configure_loggers gives str, which is no logger"
    assert error.value.hint == "give a list of Lightning's loggers, such as `[CSVLogger('artifacts/logs')]`"


def test_torch_is_left_as_it_was_found() -> None:
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    fit(network, max_epochs=1, threads=1)
    assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == before


def test_a_regression_is_learnt_in_standard_units_and_answered_in_its_own() -> None:
    x = DATA.train_x
    y = (5e6 + 1e5 * x[:, 0]).astype(np.float32)
    data = Examples(x, y, x, y)
    problem = Problem.of("regression", data)

    def build(run: Session) -> Network:
        return Network(mlp(problem, [16], 0.0), "regression", lr=0.02, weight_decay=0.0, batch_size=32)

    fitted = LightningCandidate(problem, build).fit(
        data, session(Judge("none", True, lambda _y, _s: 0.0), max_epochs=15)
    )
    error = np.abs(fitted.predict(x) - y).mean()
    assert error < 2e4
