"""The first commit of a repository: whatever judges it came with it."""

from __future__ import annotations

from pathlib import Path

from mlops.errors import Inconclusive
from mlops.operations.git import file_at


def refuse_bootstrap(root: Path, commit: str) -> None:
    """Refuse to judge a change by a base that asks for nothing because nothing is there yet.

    Raises:
        Inconclusive: the base has no `conf/project.yaml`.
    """
    if file_at(root, commit, "conf/project.yaml") is None:
        raise Inconclusive(
            "bootstrap: nothing here judged this but itself",
            hint=f"{commit[:8]} has no conf/project.yaml: push the commit after `mlops init` to main by hand, "
            "then open pull requests against it",
        )
