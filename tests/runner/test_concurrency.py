"""Many merges at once: the release workflow ends at what the branch says, and forgets none of them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.builders.workflows import jobs, project, workflows
from tests.runner.concurrency import simulate

SEEDS = range(200)
MERGES = 12


@pytest.fixture(scope="module")
def release() -> dict[str, Any]:
    return jobs(workflows(project()))["release/reconcile-prod"]


def branch(_: int, head: int) -> int:
    return head


def event(own: int, _: int) -> int:
    return own


def test_the_job_reads_the_branch_and_not_the_event(release: dict[str, Any]) -> None:
    (checkout,) = [step["with"] for step in release["steps"] if step.get("uses", "").startswith("actions/checkout@")]
    assert checkout["ref"] == "refs/heads/main"


@pytest.mark.parametrize("cancels", [False, True])
def test_whatever_is_cancelled_on_the_way_the_branch_is_live_at_last(release: dict[str, Any], cancels: bool) -> None:
    for seed in SEEDS:
        live, group = simulate(release["concurrency"], MERGES, seed, reads=branch, cancels=cancels)
        assert live == MERGES
        assert sorted(group.ended + group.dropped) == list(range(1, MERGES + 1))
        assert cancels or not group.dropped


def test_without_the_queue_runs_are_dropped(release: dict[str, Any]) -> None:
    default = {key: value for key, value in release["concurrency"].items() if key != "queue"}
    assert any(simulate(default, MERGES, seed, reads=branch)[1].dropped for seed in SEEDS)


def test_a_pull_requests_older_run_gives_way_to_its_newer_one() -> None:
    text = workflows(project())[".github/workflows/mlops-pr.yml"]
    settings = yaml.safe_load(text)["concurrency"]
    assert settings["cancel-in-progress"] == "${{ github.event_name == 'pull_request' }}"
    settings["cancel-in-progress"] = True  # what the expression says for a pull request
    for seed in SEEDS:
        live, group = simulate(settings, MERGES, seed, reads=event)
        assert live == MERGES
        assert not set(group.ended) & set(group.dropped)
