from __future__ import annotations

import os
import signal
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mlops.blocks.trainer import Trainer
from mlops.documents.rank_end import RankSaid
from mlops.errors import DataError, InfrastructureError
from mlops.ml.training.asked import Asked
from mlops.ml.training.batches import Batches
from mlops.ml.training.problem import Examples
from mlops.ml.training.session import Epoch, Fitted, Session
from mlops.stages import distributed
from mlops.stages.distributed import Distributed
from mlops.stages.scoring import Learning, Scoring
from mlops.stages.shared_rows import read, write
from tests.builders.training import AUROC, binary, write_features

pytestmark = pytest.mark.slow

DATA = binary(256)
TRAINER = {"max_epochs": 4, "batch_size": 32, "patience": None}
NET = {"kind": "mlp", "hidden": [8], "dropout": 0.0, "lr": 0.01}


def scoring(root: Path, devices: int, **changes: object) -> Scoring:
    options = {"candidates": {"net": NET}, "trainer": {**TRAINER, "devices": devices}, **changes}
    context = write_features(root, DATA, **options)
    known = {key: value for key, value in context.params.items() if key not in ("code", "libraries")}
    return Scoring.read(context, Learning.model_validate(known))


def session(found: Scoring, observe: object = None, checkpoints: Path | None = None) -> Session:
    return found.session("net", observe or (lambda _: None), checkpoints)  # type: ignore[arg-type]


def children() -> list[int]:
    """Processes of this one that train with others, the first rank first."""
    found = []
    for task in Path("/proc/self/task").iterdir():
        found += [int(each) for each in (task / "children").read_text(encoding="utf-8").split()]
    return sorted(each for each in found if b"mlops.stages.rank" in Path(f"/proc/{each}/cmdline").read_bytes())


@pytest.mark.tools
def test_two_processes_one_of_them_killed_train_what_one_does_that_adds_up_two_halves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = Asked.model_validate(NET)
    alone = scoring(tmp_path / "alone", 1)
    halves = alone.build("net", asked).fit(DATA, replace(session(alone), accumulate=2))
    together, seen = scoring(tmp_path / "together", 2), []

    def observe(epoch: Epoch) -> None:
        seen.append(epoch.number)
        if epoch.number == 3:
            os.kill(children()[1], signal.SIGKILL)

    candidate = together.build("net", asked)
    assert isinstance(candidate, Distributed)
    fitted = candidate.fit(DATA, session(together, observe, tmp_path / "checkpoints"))
    assert np.array_equal(fitted.predict(DATA.validation_x), halves.predict(DATA.validation_x))
    assert [epoch.metric for epoch in fitted.history] == [epoch.metric for epoch in halves.history]
    assert seen == [1, 2, 3, 4]
    assert children() == []
    assert capsys.readouterr().err == (
        "warning: candidate net: process 1 of 2 was ended by SIGKILL: all begin again at the last checkpoint\n"
    )


@pytest.mark.tools
def test_a_process_that_is_killed_again_and_again_is_no_accident(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distributed, "_TRIES", 1)
    found = scoring(tmp_path, 2)

    def observe(_: Epoch) -> None:
        os.kill(children()[1], signal.SIGKILL)

    with pytest.raises(InfrastructureError) as error:
        found.build("net", Asked.model_validate(NET)).fit(DATA, session(found, observe))
    assert error.value.message == "candidate net: process 1 of 2 was ended by SIGKILL, 1 times"
    assert error.value.hint == "is there memory for `trainer.devices` of them?"
    assert children() == []


def test_too_few_rows_to_share_are_refused() -> None:
    few = replace(DATA, train_x=DATA.train_x[:3], train_y=DATA.train_y[:3])
    run = Session("net", 5, AUROC, Trainer(batch_size=32, devices=2))
    with pytest.raises(DataError) as error:
        Distributed(LinearInstead(), {}).fit(few, run)
    assert error.value.message == "candidate net: 2 processes cannot share 3 rows of training"
    assert error.value.hint == "lower `trainer.devices`"


class LinearInstead:
    """A candidate that is never trained."""

    def fit(self, examples: Examples, session: Session) -> Fitted:
        raise AssertionError


def test_what_is_no_network_is_trained_by_this_process_alone(tmp_path: Path) -> None:
    found = scoring(tmp_path, 2, candidates={"linear": {"kind": "linear"}})
    assert not isinstance(found.build("linear", Asked(kind="linear")), Distributed)


def test_rows_are_what_they_were_behind_the_files(tmp_path: Path) -> None:
    weights = np.linspace(0.5, 1.5, len(DATA.train_y))
    write(tmp_path, replace(DATA, train_w=weights))
    found = read(tmp_path)
    assert np.array_equal(found.train_x, DATA.train_x)
    assert np.array_equal(found.train_w, weights)  # type: ignore[arg-type]
    assert (found.validation_w, found.folds) == (None, None)


@pytest.mark.parametrize(
    ("ends", "named"),
    [
        ({0: "broken", 1: "killed"}, (1, "killed")),
        ({0: "refused", 1: "broken"}, (0, "refused")),
        ({0: "broken", 1: "memory"}, (1, "memory")),
        ({0: "done", 1: "done"}, (0, "done")),
    ],
)
def test_the_others_end_of_one_which_is_named(ends: dict[int, Any], named: tuple[int, str]) -> None:
    rank, said = distributed._cause({rank: RankSaid(end=end) for rank, end in ends.items()})
    assert (rank, said.end) == named


@pytest.mark.parametrize(
    ("trainer", "why"),
    [
        ({"batch_size": 33, "devices": 2}, "2 processes cannot share a batch of 33 rows in equal parts of 2 or more"),
        ({"batch_size": 4, "devices": 4}, "4 processes cannot share a batch of 4 rows in equal parts of 2 or more"),
    ],
)
def test_a_batch_that_cannot_be_shared_is_refused(trainer: dict[str, int], why: str) -> None:
    with pytest.raises(ValidationError) as error:
        Trainer(**trainer)  # type: ignore[arg-type]
    assert error.value.errors()[0]["msg"] == why


def test_what_nobody_asks_for_is_not_spelt() -> None:
    assert not {"devices", "compile", "profile"} & set(Trainer().model_dump())
    assert Trainer(devices=2, profile=True).model_dump()["devices"] == 2
    assert Trainer.model_validate(Trainer(devices=2, compile=True).model_dump()) == Trainer(devices=2, compile=True)


@given(rows=st.integers(4, 200), ranks=st.integers(1, 4), size=st.integers(2, 16), epoch=st.integers(0, 3))
def test_shares_are_equal_and_together_the_batches_of_one_process(rows: int, ranks: int, size: int, epoch: int) -> None:
    x = torch.arange(rows)
    shares = []
    for rank in range(ranks):
        batches = Batches(x, x, size=size, seed=3, rank=rank, ranks=ranks)
        batches.set_epoch(epoch)
        shares.append([batch[0].tolist() for batch in batches])
    alone = Batches(x, x, size=size * ranks, seed=3)
    alone.set_epoch(epoch)
    assert len({tuple(map(len, share)) for share in shares}) == 1
    together = [[*chain.from_iterable(parts)] for parts in zip(*shares, strict=True)]
    whole = alone.order().tolist()
    flat = [*chain.from_iterable(together)]
    assert flat == whole[: len(flat)]
    assert rows - len(flat) <= 2 * ranks - 1
