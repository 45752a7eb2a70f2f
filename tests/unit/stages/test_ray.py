"""`trainer.engine: ray`: what is trained and searched on two nodes is what is trained and searched here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mlops.blocks.trainer import Trainer
from mlops.documents.rank_end import RankSaid
from mlops.errors import ConfigurationError, InfrastructureError
from mlops.extras import EXTRAS, MissingExtra
from mlops.stages import ray_cluster, ray_ranks, ray_trials, tune
from tests.builders.searched import tune_params
from tests.conftest import ROOT

RAY = ROOT / ".tools/ray"
TWO_NODES = "tests.builders.two_nodes"  # by name: it sets what holds numerics still, for its process


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    """What came of both nodes, and what was said on stderr."""
    if not (RAY / "ray").is_dir():
        pytest.skip("Ray is not installed: make ray")
    folder = tmp_path_factory.mktemp("ray")
    # jsonschema, which each process of Ray imports, would compile a grammar of IRIs for a second
    (folder / "rfc3987_syntax.py").write_text("raise ImportError('nobody checks IRIs here')\n", encoding="utf-8")
    settings = {"PYTHONPATH": os.pathsep.join(map(str, (folder, RAY, ROOT))), "RAY_ADDRESS": ""}
    command = [sys.executable, "-P", "-m", TWO_NODES, str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


@pytest.mark.tools
@pytest.mark.slow
@pytest.mark.long
def test_what_ray_train_trains_though_a_worker_is_killed_is_what_we_train(played: tuple[dict[str, Any], str]) -> None:
    found, said = played
    assert found["trained"] == {"killed": True, "predictions": True, "history": True, "epochs": [1, 2, 3]}
    assert "warning: candidate own: process 1 of 2 was lost: all begin again at the last checkpoint\n" in said


@pytest.mark.tools
@pytest.mark.slow
@pytest.mark.long
def test_a_search_there_though_a_worker_is_killed_is_the_search_here(played: tuple[dict[str, Any], str]) -> None:
    found, said = played
    assert found["searched"] == {"killed": True, "report": True}
    assert "warning: the worker of a trial of own was lost: the trial is asked of another\n" in said


def test_whoever_has_no_ray_is_told_before_anything_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXTRAS, "ray", {"ray": "a_library_that_nobody_has"})
    with pytest.raises(MissingExtra) as error, ray_cluster.connected(Trainer(), 1):
        raise AssertionError
    assert error.value.message == (
        "`trainer.engine: ray` needs ray, which is not installed: it comes with the extra `ray`"
    )
    assert error.value.hint == 'pip install "mlops-by-pull-request[ray]"'


@pytest.mark.parametrize("address", ["ray://10.0.0.1:10001", "http://user:secret@10.0.0.1:8265", "10.0.0.1"])
def test_an_address_of_something_else_is_refused_and_not_repeated(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(EXTRAS, "ray", {"pytest": "pytest"})
    monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(ConfigurationError) as error, ray_cluster.connected(Trainer(), 1):
        raise AssertionError
    assert error.value.message == "RAY_ADDRESS is no address of a Ray cluster that this machine is part of"
    assert error.value.hint == (
        "write HOST:PORT, as `RAY_ADDRESS=10.0.0.1:6379`; `ray://` is for clients, which cannot train"
    )


def test_a_cluster_without_room_for_all_is_not_waited_for() -> None:
    ray_cluster.refuse_small([4.0, 3.0], threads=2, processes=3, where="10.0.0.1:6379")
    with pytest.raises(InfrastructureError) as error:
        ray_cluster.refuse_small([4.0, 3.0], threads=2, processes=4, where="10.0.0.1:6379")
    assert error.value.message == "the Ray cluster at 10.0.0.1:6379 has room for 3 of 4 processes with `threads: 2`"
    assert error.value.hint == (
        "lower `trainer.devices`, `trainer.threads` or `tune.parallel`, or add machines: `ray status`"
    )


def test_a_machine_with_another_release_is_refused() -> None:
    here = ray_cluster.installed()
    assert {"numpy", "onnxruntime", "torch", "catboost", "keras", "xgboost", "xgboost-cpu"} < set(here)
    ray_cluster.refuse_other(here)
    with pytest.raises(InfrastructureError) as error:
        ray_cluster.refuse_other({**here, "torch": "1.0.0"})
    assert error.value.message == f"a machine of the Ray cluster has torch {here['torch']}, and not 1.0.0"
    assert error.value.hint == "install the same environment on every machine"


def test_a_machine_with_other_rows_at_the_same_path_is_refused(tmp_path: Path) -> None:
    place = tmp_path / ray_trials.FEATURES
    place.mkdir(parents=True)
    (place / "train_x.npy").write_bytes(b"rows")
    asked = ray_trials.rows_of(tmp_path)
    ray_trials.refuse_other_rows(tmp_path, asked)
    (place / "train_x.npy").write_bytes(b"others")
    for said, folder in (("other", tmp_path), ("no", tmp_path / "elsewhere")):
        with pytest.raises(InfrastructureError) as error:
            ray_trials.refuse_other_rows(folder, asked)
        assert error.value.message == f"a machine of the Ray cluster has {said} rows in {folder / ray_trials.FEATURES}"


def test_networks_are_not_trained_by_gpus_there() -> None:
    with pytest.raises(ValidationError) as error:
        Trainer(engine="ray", accelerator="gpu")
    assert error.value.errors()[0]["msg"] == "on Ray networks are trained by CPUs, and not with `accelerator: gpu`"


def test_what_a_worker_said_is_read_as_far_as_it_came(tmp_path: Path) -> None:
    (tmp_path / "said-0").write_text('{"end": "done", "seconds": {"export": 1.0}}\n{"end": "ref')
    assert list(ray_ranks._lines(tmp_path / "said-0")) == [RankSaid(end="done", seconds={"export": 1.0})]
    assert list(ray_ranks._lines(tmp_path / "said-1")) == []


def test_where_it_is_searched_is_no_part_of_what_is_searched() -> None:
    sections = [tune_params(trainer={"engine": engine, "batch_size": 32}) for engine in ("local", "ray")]
    local, away = (tune.Params.model_validate(section).searched for section in sections)
    assert local == away
