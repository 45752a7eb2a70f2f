"""Two branches each add a model, and neighbours at that: Git merges them, and nothing is left to do."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mlops.operations.language.new import create
from mlops.operations.language.schema import write_files
from tests.builders.clones import BIN, Clone
from tests.builders.repositories import commit, edit, git
from tests.builders.small import small
from tests.e2e.test_merge_conflict import run

pytestmark = [pytest.mark.slow, pytest.mark.long]

PROJECT = """\
name: shop
tracking: {uri: "https://mlflow.shop.example"}
environments: {staging: {propose: true}, prod: {after: staging}}
ci: {install: make, runner: shop-machine, app: {id: Iv1shop}}
"""
REMOTE = """\
[core]
    analytics = false
    remote = storage
['remote "storage"']
    url = {folder}
    verify = true
"""
POLICY = 'owners: ["@platform"]\nteams: {"*": ["@data"], "rain-*": ["@weather", "@data"]}\n'
WATCHED = "monitor: {{every: {every}, labels: data/labels.csv, retrain: {{when: [drift]}}}}\n"
OWNERS = ".github/CODEOWNERS"


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A team that releases, watches and retrains one model."""
    copy = small(tmp_path_factory.mktemp("team") / "small")
    (copy.root / "conf/project.yaml").write_text(PROJECT)
    (copy.root / "conf/policy.yaml").write_text(POLICY)
    (copy.root / ".dvc/config").write_text(REMOTE.format(folder=copy.root.parent / "remote"))
    watch(copy, "churn", "day")
    done(copy, "mlops schema --write && mlops compile")
    commit(copy.root, "Begin")
    return copy


def clone(origin: Clone, folder: Path) -> Clone:
    """Give a person a place to work."""
    git(origin.root, "clone", "-q", str(origin.root), str(folder))
    (folder / ".venv").symlink_to(BIN.parent)
    return Clone(folder)


def done(copy: Clone, command: str) -> str:
    ended = run(copy, command)
    assert ended.returncode == 0, (command, ended.stdout + ended.stderr)
    return ended.stdout


def watch(copy: Clone, name: str, every: str) -> None:
    with (copy.root / f"conf/pipeline/{name}.yaml").open("a") as pipeline:
        pipeline.write(WATCHED.format(every=every))
    (copy.root / f"pipelines/{name}/data/labels.csv").write_text("prediction_id,time,left\n")


def add(copy: Clone, name: str, *, trying: bool) -> None:
    """Add a model as people do: on a branch, from a data file, watched; `trying` is all that `mlops new` does more."""
    git(copy.root, "switch", "-q", "-c", name, "main")
    if trying:
        done(copy, f"mlops new {name} --data pipelines/churn/data/churn.csv --target left")
    else:
        create(copy.root, name, copy.root / "pipelines/churn/data/churn.csv", "left")
        write_files(copy.root)
    edit(copy.root, f"conf/pipeline/{name}.yaml", "[linear, lightgbm]", "linear")
    watch(copy, name, "day")
    done(copy, "mlops compile")


def copied(copy: Clone, name: str, owner: str) -> None:
    """Add a model like the first one, on a branch, with owners of its own."""
    git(copy.root, "switch", "-q", "-c", name, "main")
    for kind in ("pipeline", "data"):
        text = (copy.root / f"conf/{kind}/churn.yaml").read_text()
        (copy.root / f"conf/{kind}/{name}.yaml").write_text(text.replace("churn", name).replace("@growth", owner))
    shutil.copytree(copy.root / "pipelines/churn/data", copy.root / f"pipelines/{name}/data")
    (copy.root / f"pipelines/{name}/data/churn.csv").rename(copy.root / f"pipelines/{name}/data/{name}.csv")
    done(copy, "mlops compile")


def merge(copy: Clone, name: str) -> subprocess.CompletedProcess[str]:
    return run(copy, f"git -c user.name=t -c user.email=t@example.org merge --no-edit {name}")


def test_git_merges_two_new_models_and_nothing_is_left_to_do(origin: Clone, tmp_path: Path) -> None:
    names = ("rain-a", "rain-b")
    for name in names:
        person = clone(origin, tmp_path / name)
        add(person, name, trying=name == names[0])
        done(person, f"mlops run {name} && dvc push -q")
        commit(person.root, name)
        changed = git(person.root, "diff", "--name-only", "main", name).splitlines()
        assert [path for path in changed if name not in path] == []
    copy = clone(origin, tmp_path / "reviewer")
    for name in names:
        git(copy.root, "fetch", "-q", str(tmp_path / name), f"{name}:{name}")
        merged = merge(copy, name)
        assert merged.returncode == 0, merged.stdout + merged.stderr
    done(copy, "dvc pull -q " + " ".join(f"pipelines/{name}/dvc.yaml" for name in names))
    for command in ("mlops compile --check", "mlops validate", "mlops verify rain-a rain-b"):
        done(copy, command)
    assert git(copy.root, "status", "--porcelain") == ""
    assert "0 to run" in done(copy, "mlops plan rain-a rain-b")
    listed = json.loads(done(copy, "mlops catalogue -o json"))["pipelines"]
    assert [(each["name"], each["owners"], bool(each["bundle"])) for each in listed] == [
        ("churn", ["@growth"], False),
        ("rain-a", ["@weather", "@data"], True),
        ("rain-b", ["@weather", "@data"], True),
    ]
    due = done(copy, 'mlops monitor --due ""').split()
    assert due == ["churn", "rain-a", "rain-b"]
    stages = done(copy, "dvc stage list --all --name-only").split()
    assert {stage.split("/")[1] for stage in stages} == {*due}


def test_owners_of_their_own_meet_in_one_file_and_the_page_says_what_to_type(
    origin: Clone, tmp_path: Path, repository: Path
) -> None:
    copy = clone(origin, tmp_path / "work")
    for name in ("rain-b", "theirs"):
        copied(copy, name, f"@{name}")
        commit(copy.root, name)
    git(copy.root, "switch", "-q", "rain-b")
    assert merge(copy, "theirs").returncode == 1
    assert git(copy.root, "diff", "--name-only", "--diff-filter=U").split() == [OWNERS]
    git(copy.root, "merge", "--abort")
    typed(copy, recipe(repository, "Two branches change who reviews"))
    done(copy, "mlops compile --check")
    text = (copy.root / OWNERS).read_text()
    assert "/pipelines/rain-b/ @rain-b" in text
    assert "/pipelines/theirs/ @theirs" in text


def recipe(repository: Path, title: str) -> list[str]:
    """Read what a part of the page on merging says to type."""
    part = (repository / "docs/merging.md").read_text().split(f"## {title}\n")[1]
    block = re.search(r"```sh\n(.*?)```", part, re.DOTALL)
    assert block is not None
    return block[1].splitlines()


def typed(copy: Clone, commands: list[str]) -> None:
    """Type commands one after the other; only the merge may end otherwise than with 0."""
    who = {"GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@example.org"}
    who |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in who.items()}
    for command in commands:
        values = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "MLFLOW_TRACKING_URI": "", **who}
        words = ["/bin/sh", "-c", command]
        ended = subprocess.run(words, cwd=copy.root, capture_output=True, text=True, check=False, env=values)
        assert ended.returncode == int(command.startswith("git merge ")), (command, ended.stdout + ended.stderr)
    assert git(copy.root, "status", "--porcelain") == ""
