"""The one required check: green only where exactly the expected jobs are there, and each ended as it should."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from mlops.compiler.github.workflow import Step


def verdict(expected: Sequence[str], skipped: Mapping[str, str]) -> Step:
    """Judge what jobs a verdict needed; `skipped` says, as a jq condition, when a job has to be skipped.

    GitHub takes a skipped check for a passed one and skips what comes after a failure, and `all` over nothing is true:
    so the set itself is compared, and a skip counts only where there was nothing to do.
    https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/collaborating-on-repositories-with-code-quality-features/about-status-checks
    """
    lines = [f"keys == {json.dumps(sorted(expected))}"]
    lines += [_ended(name, skipped.get(name)) for name in expected]
    program = "\n  and ".join(lines)
    # jq over no input at all ends with success: as an argument, the needs have to be there
    run = f"jq --null-input --exit-status --argjson needs \"$NEEDS\" '$needs |\n  {program}\n'\n"
    return Step("Every expected job succeeded", run=run, environment={"NEEDS": "${{ toJSON(needs) }}"})


def _ended(name: str, skipped: str | None) -> str:
    wanted = '"success"' if skipped is None else f'(if {skipped} then "skipped" else "success" end)'
    return f'.["{name}"].result == {wanted}'
