"""A table somebody brings, and all that is done with it: `mlops new`, then every stage up to the gate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mlops.operations.compiling.compile import compile_files
from mlops.operations.language.new import New, create
from mlops.operations.processes.stage import run_stage
from mlops.operations.workspace import open_workspace
from tests.builders.stores import make_store

STAGES = ("ingest", "validate", "split", "features", "train", "bundle", "evaluate", "gate")


def begun(root: Path, data: Path, target: str, edit: Callable[[str], str] = str) -> New:
    """Write the YAML of a pipeline `played` for a file, with a linear model alone, edited, and compile it."""
    (root / "conf").mkdir(parents=True)
    (root / ".mlops").mkdir()
    make_store(root / ".mlops/mlflow.db")
    (root / "conf/policy.yaml").write_text('owners: ["@platform"]\n')
    (root / "conf/project.yaml").write_text("name: shop\n")
    made = create(root, "played", data, target)
    path = root / "conf/pipeline/played.yaml"
    path.write_text(edit(path.read_text().replace("[linear, lightgbm]", "linear")))
    compile_files(open_workspace(root))
    return made


def play(root: Path, data: Path, target: str, edit: Callable[[str], str] = str) -> Path:
    """Run every stage up to the gate in this process; give the pipeline's folder."""
    begun(root, data, target, edit)
    folder = root / "pipelines/played"
    for stage in STAGES:
        run_stage(folder, stage)
    return folder
