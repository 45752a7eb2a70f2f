"""A repository of small pipelines that DVC can run in seconds: a linear model on a few hundred rows."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

from mlops.operations.compiling.compile import compile_files
from mlops.operations.workspace import open_workspace
from tests.builders.clones import BIN, Clone
from tests.builders.repositories import commit, git, make_repository


def small(folder: Path, *names: str, rows: int = 300) -> Clone:
    """Make a repository with DVC in which `churn` and pipelines like it are compiled and nothing has run yet."""
    make_repository(folder)
    text = (folder / "conf" / "pipeline" / "churn.yaml").read_text().replace("[linear, mlp]", "linear")
    for name in ("churn", *names):
        (folder / "conf" / "pipeline" / f"{name}.yaml").write_text(text)
        table = folder / "pipelines" / name / "data" / "churn.csv"
        table.parent.mkdir(parents=True, exist_ok=True)
        table.write_text(_table(name, rows))
    git(folder, "init", "-q")
    (folder / ".dvc").mkdir()
    (folder / ".dvc" / "config").write_text("[core]\n    analytics = false\n")
    (folder / ".dvc" / ".gitignore").write_text("/config.local\n/tmp\n/cache\n")
    (folder / ".gitignore").write_text(".mlops/\n/.venv\n")
    (folder / ".venv").symlink_to(BIN.parent)
    compile_files(open_workspace(folder))
    commit(folder)
    return Clone(folder)


def copy_of(made: Clone, folder: Path) -> Clone:
    """Copy a repository as it stands, with what has run in it."""
    shutil.copytree(made.root, folder, symlinks=True)
    return Clone(folder)


def _table(seed: str, rows: int) -> str:
    chance = random.Random(seed)
    lines = ["age,plan,left"]
    for _ in range(rows):
        age = chance.randint(18, 80)
        left = chance.random() < (0.95 if age > 49 else 0.05)
        lines.append(f"{age},{chance.choice(('free', 'paid'))},{str(left).lower()}")
    return "\n".join(lines) + "\n"
