"""The truth table of the verdict: every result of every job, and every set of jobs, through the compiled step."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
from typing import Any

import pytest

from mlops.compiler.github.verdict import verdict

pytestmark = pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed; GitHub's runners have it")

RESULTS = ("success", "failure", "cancelled", "skipped")
JOBS = ("check", "affected", "pipeline", "d", "e", "f")
SKIPPED = {"pipeline": '.affected.outputs.count == "0"'}

# what lets a pull request through, of all 64 results of the compiled verdict's three jobs, by what `affected` counted
GREEN: dict[str | None, list[tuple[str, str, str]]] = {
    "0": [("success", "success", "skipped")],
    "1": [("success", "success", "success")],
    "300": [("success", "success", "success")],
    "": [("success", "success", "success")],
    None: [("success", "success", "success")],
}


def judged(expected: tuple[str, ...], skipped: dict[str, str], needs: list[dict[str, Any]]) -> list[bool]:
    """Run the compiled program over many `needs` at once; GitHub runs it over one, so the last line is seen alone."""
    run = verdict(expected, skipped).run
    found = re.fullmatch(
        r"jq --null-input --exit-status --argjson needs \"\$NEEDS\" '\$needs \|\n(.*)\n'\n", run, re.DOTALL
    )
    assert found is not None
    lines = "\n".join(json.dumps(value) for value in needs)
    done = subprocess.run(["jq", "--compact-output", found[1]], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) is True for line in done.stdout.splitlines()]


def needs(results: dict[str, str], count: str | None = "1") -> dict[str, Any]:
    outputs = {} if count is None else {"count": count}
    return {
        name: {"result": result, "outputs": outputs if name == "affected" else {}} for name, result in results.items()
    }


@pytest.mark.parametrize("count", GREEN)
def test_three_jobs_are_green_as_the_table_says(count: str | None) -> None:
    combinations = list(itertools.product(RESULTS, repeat=3))
    found = judged(
        JOBS[:3], SKIPPED, [needs(dict(zip(JOBS, results, strict=False)), count) for results in combinations]
    )
    assert [results for results, green in zip(combinations, found, strict=True) if green] == GREEN[count]


@pytest.mark.parametrize("number", range(1, 7))
def test_of_all_results_of_so_many_jobs_only_success_everywhere_is_green(number: int) -> None:
    jobs = JOBS[:number]
    combinations = list(itertools.product(RESULTS, repeat=number))
    assert len(combinations) == 4**number
    found = judged(jobs, {}, [needs(dict(zip(jobs, results, strict=True))) for results in combinations])
    assert [results for results, green in zip(combinations, found, strict=True) if green] == [("success",) * number]


@pytest.mark.parametrize("number", range(1, 7))
def test_a_job_that_is_missing_or_unexpected_is_never_green(number: int) -> None:
    """Over nothing, `all` is true: no needs at all must not be a success."""
    jobs = JOBS[:number]
    every = [dict.fromkeys(part, "success") for size in range(7) for part in itertools.combinations(JOBS, size)]
    found = judged(jobs, {}, [needs(results) for results in every])
    assert [tuple(results) for results, green in zip(every, found, strict=True) if green] == [jobs]
    assert {} in every


@pytest.mark.parametrize("text", ["{}", "", "null", "nonsense"])
def test_without_needs_the_step_fails(text: str) -> None:
    done = subprocess.run(
        ["bash", "-e", "-c", verdict(JOBS[:3], SKIPPED).run], env={"PATH": "/usr/bin:/bin", "NEEDS": text}, check=False
    )
    assert done.returncode != 0


def test_the_step_sees_the_needs_as_data() -> None:
    step = verdict(("check",), {})
    assert step.environment == {"NEEDS": "${{ toJSON(needs) }}"}
    assert "${{" not in step.run
