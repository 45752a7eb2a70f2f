from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch

from mlops.blocks.trainer import Trainer
from mlops.documents.training_profile import PhaseSeconds, TrainingProfile
from mlops.files.canonical import digest_file
from mlops.ml.training.loop import LightningCandidate
from mlops.ml.training.micro_batches import fitting
from mlops.ml.training.problem import Problem
from mlops.ml.training.profile import Profile
from mlops.ml.training.session import Session
from mlops.stages import train
from mlops.stages.profiling import place
from tests.builders.training import binary, session, write_features

CANDIDATES = {
    "linear": {"kind": "linear"},
    "net": {"kind": "mlp", "hidden": [8], "lr": 0.01},
    "trees": {"kind": "gradient_boosting", "trees": 20},
}
TRAINER = {"max_epochs": 2, "batch_size": 32}


class Failing(pl.LightningModule):
    """A network that fails in its third step."""

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.layer, self.left = torch.nn.Linear(columns, 1), 2

    def training_step(self, batch: tuple[torch.Tensor, ...], index: int) -> torch.Tensor:
        self.left -= 1
        return self.layer(batch[0]).mean() * (1 // (self.left + 1))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters())


def test_a_phase_inside_another_counts_for_itself_alone() -> None:
    clock = count()
    profile = Profile(lambda: float(next(clock)))
    profile.begin("all else")  # 0
    with profile.phase("training loop", of="net"):  # 1 to 6
        with profile.phase("validation"):  # 2 to 3
            pass
        with profile.phase("validation"):  # 4 to 5
            pass
    profile.end()  # 7
    assert profile.names == ["", "net"]
    assert profile.of("net") == {"training loop": 3.0, "validation": 2.0}
    assert profile.of("") == {"all else": 2.0}


def test_what_another_process_measured_is_no_longer_waited_for() -> None:
    clock = count(0, 10)
    profile = Profile(lambda: float(next(clock)))
    with profile.phase("training loop", of="net"):  # 0 to 20, told at 10
        profile.told({"validation": 4.0, "training loop": 5.0})
    assert profile.of("net") == {"training loop": 16.0, "validation": 4.0}


def test_an_error_ends_what_was_begun_before_it_and_the_next_counts_for_itself() -> None:
    clock = count()
    profile = Profile(lambda: float(next(clock)))
    with profile.phase("all else"):  # 0
        with suppress(ValueError), profile.phase("training loop", of="net"):  # 1
            profile.begin("forward and backward")  # 2, and never ended; the loop ends at 3
            raise ValueError
        with profile.phase("boosting", of="trees"):  # 4 to 5
            pass
    assert profile.of("net") == {"training loop": 1.0, "forward and backward": 1.0}
    assert profile.of("trees") == {"boosting": 1.0}
    assert profile.of("") == {"all else": 3.0}  # 0 to 1, 3 to 4, and 5 to 6, where it ends


def test_what_did_not_fit_into_memory_is_begun_again_as_if_nothing_were_open() -> None:
    clock = count()
    profile = Profile(lambda: float(next(clock)))
    again = replace(session(batch_size=32), profile=profile)

    def fit(given: Session) -> str:
        profile.begin("forward and backward")
        if given.accumulate == 1:
            raise torch.OutOfMemoryError
        profile.end()
        with profile.phase("validation"):
            return "fitted"

    with profile.phase("training loop", of="net"):
        assert fitting(again, fit) == "fitted"
    # begun at 0; the first step from 1 to 2; the second from 3 to 4; validation from 5 to 6; ended at 7 and 8
    assert profile.of("net") == {"training loop": 5.0, "forward and backward": 2.0, "validation": 1.0}


def test_the_longest_part_is_said_first_and_nothing_is_no_error() -> None:
    phases = PhaseSeconds(seconds={"export": 1.0, "boosting": 60.0, "validation": 39.0})
    assert phases.sentence == "2 min: boosting 60 %, validation 39 %, export 1 %"
    assert PhaseSeconds().sentence == "0 s: "
    found = TrainingProfile(
        threads=1,
        devices=2,
        stage=phases,
        candidates={},
        peak_bytes=5_000_000,
        peak_bytes_of_others=7_000_000,
        gpu="H200",
        gpu_peak_bytes=9_000_000,
    )
    assert found.memory == "at most 5 MB of memory, 7 MB in each of 2 processes, 9 MB of H200"


@pytest.mark.slow
def test_a_network_whose_step_fails_leaves_what_comes_after_it_to_the_others() -> None:
    profile, rows = Profile(), binary()
    net = LightningCandidate(Problem.of("binary", rows), lambda _: Failing(rows.train_x.shape[1]))
    with profile.phase("all else"):
        with suppress(ZeroDivisionError), profile.phase("training loop", of="net"):
            net.fit(rows, replace(session(), profile=profile))
        net_seconds = profile.of("net")
        with profile.phase("boosting", of="trees"):
            pass
    assert set(profile.of("net")) == {"training loop", "data loading", "forward and backward"}
    assert profile.of("net") == net_seconds
    assert set(profile.of("trees")) == {"boosting"}
    assert set(profile.of("")) == {"all else"}


@pytest.mark.slow
def test_every_kind_is_profiled_and_nothing_else_changes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = write_features(tmp_path / "one", binary(), candidates=CANDIDATES, trainer=TRAINER)
    asked: dict[str, Any] = {**TRAINER, "profile": True}
    profiled = write_features(tmp_path / "other", binary(), candidates=CANDIDATES, trainer=asked)
    train.run(plain)
    capsys.readouterr()
    train.run(profiled)
    said = capsys.readouterr().err
    assert not place(plain.root, "churn").exists()
    for path in ("artifacts/model/model.onnx", "artifacts/model/model.json", "reports/training.json"):
        assert digest_file(plain.path(path)) == digest_file(profiled.path(path))
    found = TrainingProfile.read(place(profiled.root, "churn"))
    assert found is not None
    phases = {name: set(each.seconds) - {"export"} for name, each in found.candidates.items()}
    assert phases == {
        "linear": {"fitting"},
        "net": {"training loop", "data loading", "forward and backward", "validation"},
        "trees": {"boosting", "validation"},
    }
    assert sum("export" in each.seconds for each in found.candidates.values()) == 1
    assert set(found.stage.seconds) == {"all else", "reading rows"}
    assert all(value >= 0 for each in found.candidates.values() for value in each.seconds.values())
    assert found.peak_bytes > 10_000_000
    for name in CANDIDATES:
        assert f"train: profile of {name}: " in said
    assert said.rstrip().endswith("; .mlops/profiles/churn.json")


def test_nobody_is_profiled_unasked() -> None:
    assert not Trainer().profile
