"""Small repositories on disk, and the lock that DVC would have written for them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from mlops.operations.compiling.compile import compile_files
from mlops.operations.dvc.lock import md5_tree
from mlops.operations.workspace import Workspace, open_workspace
from tests.builders.quick_yaml import dump
from tests.conftest import ROOT

BASE = ROOT / "tests" / "golden" / "base"


def make_repository(folder: Path, **pipelines: str) -> Path:
    """Copy the base repository; add pipelines given as `name=text`."""
    shutil.copytree(BASE, folder, dirs_exist_ok=True)
    for name, text in pipelines.items():
        (folder / "conf" / "pipeline" / f"{name}.yaml").write_text(text)
    return folder


def make_orchestrated(folder: Path, *engines: str) -> Path:
    """Copy the base repository, and let its pipelines be started by engines."""
    with (make_repository(folder) / "conf/project.yaml").open("a") as file:
        file.write(f"orchestrate: [{', '.join(engines)}]\n")
    return folder


def copy_own(folder: Path) -> Path:
    """Copy this project's own configuration and pipelines, without what their runs made."""
    made = shutil.ignore_patterns("artifacts", "reports", "__pycache__")
    for part in ("conf", "pipelines"):
        shutil.copytree(ROOT / part, folder / part, ignore=made)
    return folder


def edit(root: Path, file: str, before: str, after: str) -> None:
    path = root / file
    text = path.read_text()
    assert before in text, f"{before!r} is not in {file}"
    path.write_text(text.replace(before, after))


def record(root: Path) -> Workspace:
    """Compile, pretend that every stage ran, and write the locks, reports and artefacts."""
    workspace = open_workspace(root)
    compile_files(workspace)
    for pipeline in workspace.plan.pipelines:
        folder = root / pipeline.folder
        stages = {}
        read = [path for stage in pipeline.stages for path in stage.inputs]
        for stage in pipeline.stages:
            for output in stage.outputs:
                inner = [path for path in read if path.startswith(f"{output.path}/")]
                for path in inner or [output.path]:
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    (folder / path).write_text(f"{stage.name} {path}\n")
            stages[stage.name] = {
                "cmd": stage.command,
                "deps": [{"path": path, "md5": md5_tree(folder / path)} for path in stage.inputs],
                "params": {"params.yaml": {stage.name: stage.section}},
                "outs": [{"path": output.path, "md5": md5_tree(folder / output.path)} for output in stage.outputs],
            }
        (folder / "dvc.lock").write_text(dump({"schema": "2.0", "stages": stages}))
    return workspace


def record_output(root: Path, name: str, path: str, text: str) -> None:
    """Write an output as a stage would, and its digest into the lock as DVC would."""
    folder = root / "pipelines" / name
    lock, before = folder / "dvc.lock", str(md5_tree(folder / path))
    (folder / path).write_text(text)
    lock.write_text(lock.read_text().replace(before, str(md5_tree(folder / path))))


def git(root: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"]
    return subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


def commit(root: Path, message: str = "change") -> str:
    if not (root / ".git").exists():
        git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", message)
    return git(root, "rev-parse", "HEAD").strip()
