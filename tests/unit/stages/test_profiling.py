from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import pytest

from mlops.blocks.trainer import Trainer
from mlops.documents.training_profile import PhaseSeconds, TrainingProfile
from mlops.files.canonical import digest_file
from mlops.ml.training.profile import Profile
from mlops.stages import train
from mlops.stages.profiling import place
from tests.builders.training import binary, write_features

CANDIDATES = {
    "linear": {"kind": "linear"},
    "net": {"kind": "mlp", "hidden": [8], "lr": 0.01},
    "trees": {"kind": "gradient_boosting", "trees": 20},
}
TRAINER = {"max_epochs": 2, "batch_size": 32}


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
