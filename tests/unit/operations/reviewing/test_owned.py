from __future__ import annotations

from pathlib import Path

import pytest

from mlops.operations.reviewing.owned import matches, owners_in, owners_of
from tests.builders.repositories import commit

RELEASE = "conf/release/prod/churn.yaml"


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*", True),
        ("/conf/release/prod/", True),
        ("/conf/release/prod", True),
        ("conf/release/", True),
        ("release/prod/", False),
        ("/release/prod/", False),
        ("prod/", True),
        ("/conf/release/*/churn.yaml", True),
        ("/conf/release/*/chur.yaml", False),
        ("/conf/release/*/ch*.yaml", True),
        ("/conf/*", False),
        ("/conf/**", True),
        ("**/churn.yaml", True),
        ("churn.yaml", True),
        ("/churn.yaml", False),
        ("*.yaml", True),
        ("/conf/release/prod/churn.yam.", False),
        ("/conf/release/prod/churn?yaml", True),
    ],
)
def test_patterns_are_read_as_github_reads_them(pattern: str, found: bool) -> None:
    assert matches(pattern, RELEASE) is found


def test_a_pattern_of_many_folders_is_read_at_once() -> None:
    assert not matches(f"{'**/' * 40}another.yaml", "a/" * 40 + "churn.yaml")
    assert matches(f"{'**/' * 40}churn.yaml", "a/" * 40 + "churn.yaml")


def test_the_last_line_that_matches_holds_even_one_that_names_nobody() -> None:
    text = "# who\n* @all\n/conf/release/prod/ @ops @org/risk # live\n"
    assert owners_in(text, RELEASE) == ("@ops", "@org/risk")
    assert owners_in(text + "/conf/release/prod/churn.yaml\n", RELEASE) == ()
    assert owners_in("", RELEASE) == ()


def test_they_are_those_of_the_commit_and_else_the_policys(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("x\n")
    assert owners_of(tmp_path, commit(tmp_path), RELEASE) == ()
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/policy.yaml").write_text('owners: ["@platform"]\n')
    by_policy = commit(tmp_path)
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github/CODEOWNERS").write_text("/conf/release/ @ops\n")
    (tmp_path / "CODEOWNERS").write_text("* @mallory\n")
    by_line = commit(tmp_path)
    assert owners_of(tmp_path, by_policy, RELEASE) == ("@platform",)
    assert owners_of(tmp_path, by_line, RELEASE) == ("@ops",)
