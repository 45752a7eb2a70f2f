"""What Git left unmerged: told with what ends it, and refused where its markers would be rows of a table."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from mlops.files.conflict import Conflicted
from mlops.operations.merging import refuse, unfinished
from tests.builders.repositories import commit, git

YAML, TABLE = "conf/pipeline/churn.yaml", "pipelines/churn/data/churn.csv"
LOCK = "pipelines/churn/dvc.lock"


def met(root: Path, *how: str, paths: Sequence[str] = (TABLE,)) -> None:
    """Let two branches change a line of files, and one meet the other."""
    git(root, "init", "-q", "-b", "main")
    for branch, text in (("main", "a,b\n1,2\n"), ("theirs", "a,b\n1,3\n"), ("main", "a,b\n1,4\n")):
        if branch == "theirs":
            git(root, "switch", "-q", "-c", branch)
        elif (root / ".git/refs/heads/theirs").exists():
            git(root, "switch", "-q", branch)
        for path in paths:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        commit(root, branch)
    with pytest.raises(subprocess.CalledProcessError):
        git(root, *how)


@pytest.mark.parametrize(
    ("how", "last"),
    [
        (("merge", "-q", "theirs"), "git commit --no-edit"),
        (("rebase", "-q", "theirs"), "git rebase --continue"),
        (("cherry-pick", "theirs"), "git cherry-pick --continue"),
    ],
    ids=["merge", "rebase", "cherry-pick"],
)
def test_what_is_unmerged_is_told_with_what_ends_it(tmp_path, how, last):
    met(tmp_path, *how, paths=[YAML])
    refuse(tmp_path)  # of YAML the reader says it, with the line
    assert unfinished(tmp_path) == ""  # it is not as anybody wants it
    git(tmp_path, "checkout", "--ours", "--", YAML)
    assert unfinished(tmp_path) == (
        f"unmerged in Git, and taken as they lie here: {YAML}; where they are as you want them: git add -A {YAML}, "
        f"then {last}"
    )
    git(tmp_path, "add", "-A")
    assert unfinished(tmp_path) == ""


def test_many_files_are_counted(tmp_path):
    git(tmp_path, "init", "-q", "-b", "main")
    assert unfinished(tmp_path) == ""
    met(tmp_path, "merge", "-q", "theirs", paths=[f"conf/{place}.yaml" for place in range(7)])
    git(tmp_path, "checkout", "--ours", "--", "conf")
    assert unfinished(tmp_path) == (
        "unmerged in Git, and taken as they lie here: conf/0.yaml, conf/1.yaml, conf/2.yaml, conf/3.yaml, conf/4.yaml "
        "and 2 more; where they are as you want them: git add -A ., then git commit --no-edit"
    )


def test_yaml_is_mended_before_what_is_made_of_it(tmp_path):
    met(tmp_path, "merge", "-q", "theirs", paths=[YAML, LOCK])
    with pytest.raises(Conflicted) as refused:
        refuse(tmp_path)
    assert refused.value.message == f"{LOCK}:2: conflict markers of a merge"
    assert refused.value.hint == (
        f"mend {YAML} by hand and git add it, then git checkout --ours -- {LOCK} (or --theirs), then mlops compile, "
        "then mlops run churn, then git add -A pipelines/churn"
    )


def test_a_table_with_markers_is_no_table(tmp_path):
    met(tmp_path, "merge", "-q", "theirs")
    with pytest.raises(Conflicted) as refused:
        refuse(tmp_path)
    assert refused.value.message == f"{TABLE}:2: conflict markers of a merge"
    assert refused.value.hint == (
        f"git checkout --ours -- {TABLE} (or --theirs), then mlops compile, then mlops run churn, then "
        "git add -A pipelines/churn"
    )
