"""Two branches change one model, and Git cannot merge what they recorded: what the verbs say to type ends it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.builders.clones import BIN, Clone
from tests.builders.repositories import commit, edit, git
from tests.builders.small import small

pytestmark = pytest.mark.slow

PIPELINE = "conf/pipeline/churn.yaml"
LOCK = "pipelines/churn/dvc.lock"
RECIPE = [f"git checkout --ours -- {LOCK}", "mlops compile", "mlops run churn", "git add -A pipelines/churn"]


def run(copy: Clone, command: str) -> subprocess.CompletedProcess[str]:
    """Type a command, without the MLflow that takes longer to import than this model to train."""
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "MLFLOW_TRACKING_URI": ""}
    words = ["/bin/sh", "-c", command]
    return subprocess.run(words, cwd=copy.root, capture_output=True, text=True, check=False, env=environment)


def branch(copy: Clone, name: str, before: str, after: str) -> None:
    """Change a line of the pipeline on a branch, run it, and commit what it writes."""
    git(copy.root, "switch", "-q", *([] if name == "main" else ["-c"]), name)
    edit(copy.root, PIPELINE, before, after)
    done = run(copy, "mlops run churn")
    assert done.returncode == 0, done.stdout + done.stderr
    commit(copy.root, name)


@pytest.mark.long
def test_the_recipe_ends_a_conflict(tmp_path: Path) -> None:
    copy = small(tmp_path / "small")
    with (copy.root / PIPELINE).open("a") as pipeline:
        pipeline.write("evaluate:\n  minimum_rows: 30\n")
    assert run(copy, "mlops compile").returncode == 0
    commit(copy.root, "Begin")
    branch(copy, "theirs", "minimum_rows: 30", "minimum_rows: 20")
    branch(copy, "main", "description: ", "description: Soon, ")
    merged = run(copy, "git -c user.name=t -c user.email=t@example.org merge theirs")
    assert merged.returncode == 1, merged.stdout + merged.stderr
    unmerged = run(copy, "git diff --name-only --diff-filter=U").stdout.splitlines()
    assert LOCK in unmerged
    assert PIPELINE not in unmerged

    typed = follow(copy, unmerged)
    assert [step.removesuffix(" (or --theirs)") for step in typed] == RECIPE
    git(copy.root, "commit", "-q", "-m", "Merge theirs")
    holds(copy)
    assert "minimum_rows: 20" in (copy.root / PIPELINE).read_text()

    both = (copy.root / LOCK).read_text()
    (copy.root / LOCK).write_text(f"<<<<<<< HEAD\n{both}=======\n{both}>>>>>>> theirs\n")
    commit(copy.root, "Both")
    assert follow(copy, [LOCK])[0] == f"rm {LOCK}"
    holds(copy)


def test_the_page_on_merging_says_the_same(repository: Path) -> None:
    part = (repository / "docs/merging.md").read_text().split("## Two branches change one model\n")[1]
    block = re.search(r"```sh\n(.*?)```", part, re.DOTALL)
    assert block is not None
    assert block[1].splitlines() == ["git merge theirs", *RECIPE, "git commit --no-edit"]


def follow(copy: Clone, conflicted: list[str]) -> list[str]:
    """Hold what verbs say of files with markers to each other, type what they say, and give that."""
    for command in ("mlops verify", "mlops plan"):
        done = run(copy, command)
        assert done.returncode == 5, (command, done.stdout + done.stderr)
    *named, hint = done.stderr.splitlines()
    assert [line.partition(":")[0] for line in named] == sorted(conflicted)
    steps = hint.removeprefix("hint: ").split(", then ")
    for step in steps:
        done = run(copy, step.removesuffix(" (or --theirs)"))
        assert done.returncode == 0, (step, done.stdout + done.stderr)
    return steps


def holds(copy: Clone) -> None:
    """Everything that was recorded agrees, and is committed or about to be."""
    for command in ("mlops compile --check", "mlops verify", "mlops gate churn"):
        done = run(copy, command)
        assert done.returncode == 0, (command, done.stdout + done.stderr)
    assert "0 to run" in run(copy, "mlops plan churn").stdout
    assert run(copy, "git diff --name-only").stdout == ""
