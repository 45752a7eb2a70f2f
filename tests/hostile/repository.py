"""A small repository whose last run was judged in earnest, for pull requests that mean it ill."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import yaml

from mlops.ml.evaluation.judging.own_metrics import OwnMetric, measure
from mlops.ml.evaluation.predictions import Predictions
from mlops.operations.auditing.enter import enter
from mlops.operations.compiling.compile import compile_files
from mlops.operations.dvc.lock import md5_tree
from mlops.operations.workspace import open_workspace
from mlops.stages import gate
from mlops.stages.context import StageContext
from tests.builders.evaluations import binary, probabilities, with_scores, write_run
from tests.builders.repositories import commit, edit, make_repository

NAME = "churn"
BUNDLE = f"sha256:{'5' * 64}"
"""What the run of the base made, as its statement says."""
ABSENT = "0" * 32
"""Stands in a lock for what a checkout does not have."""
_GOOD = binary(600)
MODELS = {
    "good": _GOOD,
    "worse": with_scores(_GOOD, candidate=probabilities(_GOOD.target, 0.9)),
    "costly": with_scores(_GOOD, candidate=0.5 + 0.3 * (_GOOD.scores["candidate"] - 0.5)),
}
"""What the runs of three models leave: a fair one; one that ranks worse; one that ranks as well and is never sure."""

_POLICY = """\
owners: ["@platform"]
kinds: [linear, mlp, "pipelines.*"]
"""
_PROJECT = """\
name: shop
environments: {prod: {}}
tracking: {uri: "https://tracking.shop.example"}
"""
_REMOTE = """\
[core]
    remote = storage
['remote "storage"']
    url = s3://ours/models
    verify = true
"""
_COST = """\
from pipelines.churn.weights import WEIGHT


def cost(target, score):
    return WEIGHT * (target - score) ** 2
"""


def prepare(root: Path) -> str:
    """Make the repository as it was before any of them, and give the commit of it."""
    make_repository(root)
    (root / "conf/policy.yaml").write_text(_POLICY)
    (root / "conf/project.yaml").write_text(_PROJECT)
    (root / ".dvc").mkdir()
    (root / ".dvc/config").write_text(_REMOTE)
    (root / "pipelines/churn/rules.py").write_text(_COST)
    (root / "pipelines/churn/weights.py").write_text("WEIGHT = 1.0\n")
    rule = "  - {metric: pipelines.churn.rules:cost, better: lower, at_most: 0.2}"
    edit(root, "conf/pipeline/churn.yaml", "    at_least: 0.7", f"    at_least: 0.8\n{rule}")
    ran(root, "good")
    return commit(root, "base")


def ran(root: Path, model: str) -> None:
    """Compile, and leave what a run leaves whose model came out so: judged by the compiled gate, and locked."""
    workspace = open_workspace(root)
    compile_files(workspace)
    (pipeline,) = workspace.plan.pipelines
    folder = root / pipeline.folder
    for made in ("artifacts", "reports"):
        shutil.rmtree(folder / made, ignore_errors=True)
    section = pipeline.stage("gate").section
    write_run(folder, _measured(root, MODELS[model], section))
    gate.run(StageContext(folder, NAME, "gate", section))
    for stage in pipeline.stages:
        for output in stage.outputs:
            _fill(folder / output.path, stage.name)
    (folder / "reports/bundle.json").write_text(json.dumps({"digest": BUNDLE}))
    shutil.rmtree(folder / "artifacts/bundle")
    lock(root)
    if (root / ".git").exists():  # who means it ill enters what a run would; the base is from before there was a ledger
        enter(root, NAME)


def lock(root: Path) -> None:
    """Write the lock of a run that left what lies here, whether or not one did."""
    (pipeline,) = open_workspace(root).plan.pipelines
    folder = root / pipeline.folder
    stages = {
        stage.name: {
            "cmd": stage.command,
            "deps": [{"path": path, "md5": md5_tree(folder / path) or ABSENT} for path in stage.inputs],
            "params": {"params.yaml": {stage.name: stage.section}},
            "outs": [{"path": each.path, "md5": md5_tree(folder / each.path) or ABSENT} for each in stage.outputs],
        }
        for stage in pipeline.stages
    }
    (folder / "dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": stages}, sort_keys=False))


def _measured(root: Path, predictions: Predictions, section: dict[str, object]) -> Predictions:
    own = gate.Params.model_validate(section).own
    metrics = {name: OwnMetric(**vars(metric)) for name, metric in own.items()}
    return replace(predictions, own=measure(predictions, metrics, root, NAME))


def _fill(place: Path, text: str) -> None:
    """Leave something where a stage would have left what nobody reads here."""
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"{text}\n")
