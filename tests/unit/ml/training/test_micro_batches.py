from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from mlops.errors import InfrastructureError
from mlops.ml.training import checkpoint
from mlops.ml.training.loop import FittedModule, LightningCandidate
from mlops.ml.training.networks import Network, mlp
from mlops.ml.training.problem import Problem
from mlops.ml.training.session import Session
from mlops.ml.training.trained_by import of_network
from tests.builders.training import binary, session

pytestmark = pytest.mark.slow

DATA = binary()
PROBLEM = Problem.of("binary", DATA)


class Killed(Exception):
    """Stands for the power cut."""


class Narrow(nn.Module):
    """A network on a device that holds so many rows, when it learns, from the step `since` on."""

    def __init__(self, rows: int, since: int = 0) -> None:
        super().__init__()
        self.inner, self.rows, self.since, self.steps = mlp(PROBLEM, [8], 0.0), rows, since, 0

    def forward(self, x: Tensor) -> Tensor:
        self.steps += self.training
        if self.training and len(x) > self.rows and self.steps > self.since:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
        answer: Tensor = self.inner(x)
        return answer


def fit(asked: Session, rows: int = 1_000, since: int = 0) -> FittedModule:
    def build(run: Session) -> Network:
        return Network(Narrow(rows, since), "binary", lr=0.01, weight_decay=0.01, batch_size=run.options.batch_size)

    return LightningCandidate(PROBLEM, build).fit(DATA, asked)


def same(one: FittedModule, other: FittedModule) -> bool:
    return one.history == other.history and np.array_equal(
        one.predict(DATA.validation_x), other.predict(DATA.validation_x)
    )


@pytest.mark.parametrize(("rows", "parts", "since"), [(20, 2, 0), (9, 4, 0), (16, 2, 25)])
def test_what_does_not_fit_is_learnt_in_halves_as_if_that_had_been_asked_for(
    rows: int, parts: int, since: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = fit(replace(session(), checkpoints=tmp_path), rows, since)
    halves = 32 // parts
    said = capsys.readouterr().err.splitlines()
    assert said[-1] == (
        f"warning: candidate net: {2 * halves} rows at a time do not fit into memory; it begins again with half"
    )
    assert len(said) == parts.bit_length() - 1
    assert (of_network(found, "accumulate"), of_network(found, "devices")) == (parts, 1)
    assert same(found, fit(replace(session(), accumulate=parts)))
    whole = fit(session())
    assert np.allclose(found.predict(DATA.validation_x), whole.predict(DATA.validation_x), atol=1e-5)


def test_a_run_that_was_cut_off_goes_on_in_as_many_parts(tmp_path: Path) -> None:
    undisturbed = fit(session(), rows=16)

    def cut(epoch: Any) -> None:
        if epoch.number == 3:
            raise Killed

    with pytest.raises(Killed):
        fit(replace(session(), checkpoints=tmp_path, observe=cut), rows=16)
    assert checkpoint.accumulated(tmp_path) == 2
    seen: list[int] = []
    again = replace(session(), checkpoints=tmp_path, observe=lambda epoch: seen.append(epoch.number))
    assert same(undisturbed, fit(again, rows=16))
    assert seen == [3, 4]


def test_where_two_rows_do_not_fit_either_it_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InfrastructureError) as error:
        fit(session(batch_size=4), rows=1)
    assert error.value.message == "candidate net: 2 rows at a time do not fit into memory"
    assert error.value.hint == "make the network smaller, or train it where there is more memory"
    assert len(capsys.readouterr().err.splitlines()) == 1


class Own(pl.LightningModule):
    """A module as a user writes it, which counts the rows of its steps."""

    def __init__(self) -> None:
        super().__init__()
        self.layers, self.rows = nn.Linear(6, 2), list[int]()

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.layers(x)
        return answer

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
        if len(batch[0]) > 16:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        self.rows.append(len(batch[0]))
        return nn.functional.cross_entropy(self(batch[0]), batch[1])

    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), lr=0.1)


def test_lightning_adds_up_the_parts_of_a_users_own_module(capsys: pytest.CaptureFixture[str]) -> None:
    modules: list[Own] = []

    def build(_: Session) -> Own:
        modules.append(Own())
        return modules[-1]

    found = LightningCandidate(PROBLEM, build).fit(DATA, session(max_epochs=1))
    assert modules[-1].rows == [16] * 18 + [12]
    assert modules[-1].trainer.global_step == 10
    assert found.accumulate == 2
    assert "begins again with half" in capsys.readouterr().err
