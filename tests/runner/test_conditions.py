"""When a job runs: every combination of the results before it, for GitHub's four status functions."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.runner.conftest import Play, whole
from tests.runner.engine import Engine
from tests.runner.run import status

RESULTS = ("success", "failure", "cancelled", "skipped")
FAIL, CANCEL = {"run": "exit 1"}, {"run": "sleep infinity", "timeout-minutes": 1}
SKIP = {"if": "false"}

# what GitHub documents each condition to mean, in terms of the results of all jobs before
LAWS: dict[str, Callable[[tuple[str, ...]], bool]] = {
    "": lambda results: all(result == "success" for result in results),
    "success()": lambda results: all(result == "success" for result in results),
    "failure()": lambda results: "failure" in results,
    "always()": lambda _: True,
    "${{ !cancelled() }}": lambda _: True,  # a job that ran out of time does not cancel the workflow
    "!failure() && true": lambda results: "failure" not in results,
}


@pytest.mark.parametrize("condition", LAWS)
@pytest.mark.parametrize("count", range(7))
def test_a_job_runs_exactly_when_its_condition_says_so(engine: Engine, condition: str, count: int) -> None:
    names = [f"job{number}" for number in range(count)]
    last = {"needs": names, "if": condition} if condition else {"needs": names}
    text = {"on": "push", "jobs": {**{name: whole({}) for name in names}, "last": whole(last)}}
    workflow = engine.parse("w.yml", yaml.safe_dump(text))
    job = workflow.job("last")

    @cache
    def runs(**before: bool) -> bool:
        return engine.test(job.condition, {}, before, Path())

    for results in itertools.product(RESULTS, repeat=count):
        before = status(workflow, job, dict(zip(names, results, strict=True)))
        assert runs(**before) is LAWS[condition](results), results


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [
        ({"a": FAIL, "b": {"needs": ["a"]}, "c": {"needs": ["b"]}}, "failure skipped skipped"),
        ({"a": SKIP, "b": {"needs": ["a"]}}, "skipped skipped"),
        ({"a": FAIL, "b": {"needs": ["a"], "if": "always()"}}, "failure success"),
        ({"a": FAIL, "b": {"needs": ["a"], "if": "failure()"}}, "failure success"),
        ({"a": SKIP, "b": {"needs": ["a"], "if": "failure()"}}, "skipped skipped"),
        # a condition without a status function still asks for success()
        ({"a": FAIL, "b": {"needs": ["a"], "if": "needs.a.result == 'failure'"}}, "failure skipped"),
        # a skipped job before a job that ran still skips what follows: all jobs before count
        ({"a": SKIP, "b": {"needs": ["a"], "if": "always()"}, "c": {"needs": ["b"]}}, "skipped success skipped"),
        ({"a": FAIL, "b": {"needs": ["a"]}, "c": {"needs": ["b"], "if": "failure()"}}, "failure skipped success"),
        ({"a": CANCEL, "b": {"needs": ["a"]}}, "cancelled skipped"),
        ({"a": CANCEL, "b": {"needs": ["a"], "if": "failure()"}}, "cancelled skipped"),
        ({"a": CANCEL, "b": {"needs": ["a"], "if": "${{ !cancelled() }}"}}, "cancelled success"),
    ],
)
def test_results_reach_the_jobs_that_follow(play: Play, jobs: dict[str, dict[str, Any]], expected: str) -> None:
    assert " ".join(play(**jobs).results.values()) == expected


def matrix(values: str) -> dict[str, Any]:
    """A job that says a list, and one with a matrix over it."""
    return {
        "list": {
            "outputs": {"names": "${{ steps.say.outputs.names }}"},
            "steps": [{"id": "say", "run": f"echo 'names={values}' >> \"$GITHUB_OUTPUT\""}],
        },
        "each": {
            "needs": ["list"],
            "strategy": {"matrix": {"name": "${{ fromJSON(needs.list.outputs.names) }}"}},
            "steps": [{"run": 'test "$NAME" != bad', "env": {"NAME": "${{ matrix.name }}"}}],
        },
        "last": {"needs": ["each"], "if": "always()"},
    }


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ('["a", "b"]', ["success", "success"]),
        ('["bad", "b"]', ["failure", "cancelled"]),
        ("[]", []),
        ("", []),
        ("not json", []),
    ],
)
def test_a_matrix_gives_a_job_for_each_value(play: Play, values: str, expected: list[str]) -> None:
    run = play(**matrix(values))
    assert [instance.result for instance in run["each"].instances] == expected
    assert run.results["each"] == ("success" if set(expected) == {"success"} else "failure")
    assert run.results["last"] == "success"


def test_without_fail_fast_every_job_of_a_matrix_runs(play: Play) -> None:
    jobs = matrix('["bad", "b"]')
    jobs["each"]["strategy"]["fail-fast"] = False
    run = play(**jobs)
    assert [instance.result for instance in run["each"].instances] == ["failure", "success"]


def test_a_matrix_of_more_than_256_jobs_fails(play: Play) -> None:
    run = play(a={"strategy": {"matrix": {"x": list(range(257))}}})
    assert run.results == {"a": "failure"}
    assert "makes 1 to 256 jobs" in run["a"].problem


def test_include_and_exclude_shape_a_matrix(play: Play) -> None:
    chosen = {"x": [1, 2], "y": ["a", "b"], "exclude": [{"x": 1, "y": "b"}], "include": [{"x": 2, "z": 9}, {"x": 3}]}
    run = play(a={"strategy": {"matrix": chosen}})
    assert [instance.matrix for instance in run["a"].instances] == [
        {"x": 1, "y": "a"},
        {"x": 2, "y": "a", "z": 9},
        {"x": 2, "y": "b", "z": 9},
        {"x": 3},
    ]
