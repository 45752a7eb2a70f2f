"""DVC itself draws and compares what the stages write."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from mlops.backends.dvc import render
from mlops.bundle.transform import Transform
from mlops.ml.data.encoding import encode
from mlops.operations.workspace import open_workspace
from mlops.stages import evaluate, gate
from mlops.stages.context import StageContext
from mlops.stages.tables import transformed
from tests.builders.bundles import make_bundle, make_pipeline
from tests.builders.clones import Clone
from tests.builders.repositories import git

if TYPE_CHECKING:
    from pathlib import Path

    from mlops.plan.pipeline import PipelinePlan

pytestmark = pytest.mark.slow
RULES = {
    "binary": {"id": "auroc", "metric": "auroc", "at_least": 0.0},
    "multiclass": {"id": "accuracy", "metric": "accuracy", "at_least": 0.0},
    "regression": {"id": "rmse", "metric": "rmse", "at_most": 1e9},
}
METRICS = {"binary": ["auroc", "brier"], "multiclass": ["accuracy"], "regression": ["rmse"]}


def measured(root: Path, scratch: Path, plan: PipelinePlan, seed: int) -> None:
    """Leave the reports of a model that differs by its seed."""
    import numpy as np
    import polars as pl

    folder = make_pipeline(scratch / str(seed) / plan.name, plan.task)
    transform = Transform.read(folder / "artifacts/features/transform.json")
    train = pl.read_parquet(folder / "artifacts/split/train.parquet")
    np.save(folder / "artifacts/features/train_x.npy", transformed(transform, train))
    np.save(folder / "artifacts/features/train_y.npy", encode(transform.recipe.target, train))
    shutil.rmtree(folder / "artifacts/bundle")
    make_bundle(folder / "artifacts/bundle", plan.task, seed=seed)
    history = "".join(f"{who},{at},{what},{seed / at}\n" for who in "ab" for what in ("loss", "f1") for at in (1, 2))
    (folder / "reports/history.csv").write_text(f"candidate,epoch,metric,value\n{history}")
    courses = [plot for stage in plan.stages for output in stage.outputs for plot in output.plots]
    drawn = (each for plot in courses for each in ((plot.path, plot.x, plot.y), *plot.beside))
    for path, x, y in (each for each in drawn if each[0].startswith("reports/courses/")):
        course = folder / path
        course.parent.mkdir(parents=True, exist_ok=True)
        course.write_text(f"{x},{y}\n1,{seed}\n2,{seed / 2}\n")
    (folder / "reports/learning_curve.csv").write_text(f"share,rows,value,low,high\n0.5,10,{seed},0,9\n1,20,2,1,3\n")
    section = {"task": plan.task, "target": "y", "metrics": METRICS[plan.task], "bootstrap": {"samples": 200}}
    evaluate.run(StageContext(folder, plan.name, "evaluate", section))
    judged = {"task": plan.task, "bootstrap": section["bootstrap"], "rules": [RULES[plan.task]]}
    gate.run(StageContext(folder, plan.name, "gate", judged))
    shutil.rmtree(root / plan.folder / "reports", ignore_errors=True)
    shutil.copytree(folder / "reports", root / plan.folder / "reports")


def said(clone: Clone, *arguments: str) -> Any:
    ran = clone.run("dvc", *arguments, "--json")
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def points(each: Any) -> Any:
    return each[0]["anchor_definitions"]["<DVC_METRIC_DATA>"]


def test_dvc_draws_every_plot_and_compares_two_revisions(repository: Path, tmp_path: Path) -> None:
    root, plan = tmp_path / "root", open_workspace(repository).plan
    root.mkdir()
    clone = Clone(root)
    git(root, "init", "-q")
    assert clone.run("dvc", "init", "-q").returncode == 0
    for path, text in render(plan).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    for pipeline in plan.pipelines:
        shutil.copy(repository / pipeline.folder / "params.yaml", root / pipeline.folder)
        measured(root, tmp_path, pipeline, seed=1)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "one model")
    for pipeline in plan.pipelines:
        measured(root, tmp_path, pipeline, seed=5)
    drawn = said(clone, "plots", "diff", "HEAD", "--split")
    assert "errors" not in drawn, drawn["errors"]
    wanted = [plot for p in plan.pipelines for stage in p.stages for output in stage.outputs for plot in output.plots]
    assert len(drawn["data"]) == len(wanted) >= 9
    for name, (each,) in drawn["data"].items():
        revisions = {point["rev"] for point in each["anchor_definitions"]["<DVC_METRIC_DATA>"]}
        assert revisions == {"HEAD", "workspace"}, name
    confusions = [points(each) for name, each in drawn["data"].items() if name.endswith("confusion.csv")]
    assert all(sum(point["rev"] == "HEAD" for point in each) == 40 for each in confusions)
    assert {"high", "low", "middle"} in [{point["actual"] for point in each} for each in confusions]
    for name in ("roc.csv", "pr.csv", "calibration.csv"):
        (each,) = (points(each) for path, each in drawn["data"].items() if path.endswith(f"/{name}"))
        named = {point.get("filename", point.get("filename::field")) for point in each}
        assert len(named - {None}) == 2, "the curve, and the line that it is compared with"
    assert clone.run("dvc", "plots", "show", "-o", "shown").returncode == 0
    page = (root / "shown/index.html").read_text()
    assert all(plot.title in page for plot in wanted)
    summaries = {f"{pipeline.folder}/reports/summary.json": pipeline for pipeline in plan.pipelines}
    changed = said(clone, "metrics", "diff", "HEAD")
    cell = next(changed[path]["rmse"] for path, each in summaries.items() if each.task == "regression")
    assert cell["diff"] == pytest.approx(cell["new"] - cell["old"])
    assert set(said(clone, "metrics", "show")[""]["data"]) == set(changed) == set(summaries)
    for path in summaries:
        table = clone.run("dvc", "metrics", "show", path).stdout.splitlines()
        assert len(table) == 2
        assert 80 < max(map(len, table)) <= 200, table
    graph = clone.run("dvc", "dag", "--dot")
    assert graph.returncode == 0, graph.stderr
    stages = [f"{each.folder}/dvc.yaml:{stage.name}" for each in plan.pipelines for stage in each.stages]
    assert [stage for stage in stages if f'"{stage}"' not in graph.stdout] == []
