"""A bound that moves is seen by the policy's owners, whoever owns the file it is written in."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops.backends import gates
from mlops.compiler.files import render
from mlops.operations.workspace import open_workspace
from tests.builders.repositories import edit, make_repository
from tests.unit.backends.test_codeowners import reviewers

FILE = ".github/gates/churn.yaml"
TIER = "risk:\n  limited: {own_gates: false}\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_repository(tmp_path)
    policy = root / "conf/policy.yaml"
    policy.write_text('owners: ["@platform"]\n' + TIER)
    return root


def test_the_rules_lie_where_the_owners_of_the_policy_review(root: Path) -> None:
    files = render(open_workspace(root).plan)
    assert reviewers(FILE, files[".github/CODEOWNERS"]) == ["@platform"]
    assert "at_least: 0.7" in files[FILE]


def test_a_moved_bound_changes_the_file_and_a_learning_rate_does_not(root: Path) -> None:
    before = gates.render(open_workspace(root).plan)
    edit(root, "conf/pipeline/churn.yaml", "0.7", "0.6")
    after = gates.render(open_workspace(root).plan)
    assert before.keys() == after.keys()
    assert before[FILE] != after[FILE]
    (root / "conf/pipeline/churn.yaml").write_text((root / "conf/pipeline/churn.yaml").read_text() + "seed: 7\n")
    assert gates.render(open_workspace(root).plan) == after


def test_where_no_tier_asks_for_it_nothing_is_written(root: Path) -> None:
    edit(root, "conf/policy.yaml", "own_gates: false", "own_gates: true")
    assert gates.render(open_workspace(root).plan) == {}
