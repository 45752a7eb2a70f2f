"""What a pull request changes besides models: bundles that become live, and pipelines that go."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from mlops.configuration.release import Rollout
from mlops.documents.change_report import Deploy
from mlops.files.atomic import bytes_of
from mlops.files.plain_yaml import Values
from mlops.operations.git import files_at
from mlops.operations.planning.documents import mapping

_RELEASE = re.compile(r"conf/release/(?P<environment>[^/]+)/(?P<name>[^/]+)\.yaml")
_PIPELINE = re.compile(r"conf/pipeline/([^/]+)\.yaml")


def deploys(root: Path, commit: str, changed: Iterable[str]) -> dict[str, list[Deploy]]:
    """Find by pipeline which bundle replaces which, and how, where release files changed."""
    files = {path: match.group("environment", "name") for path in changed if (match := _RELEASE.fullmatch(path))}
    old = files_at(root, commit, sorted(files))
    found: dict[str, list[Deploy]] = {}
    for path, (environment, name) in sorted(files.items()):
        before, after = (mapping(data, path) for data in (old.get(path), bytes_of(root / path)))
        deploy = (_bundle(before), _bundle(after), _traffic(before), _traffic(after))
        if (deploy[0], deploy[2]) != (deploy[1], deploy[3]):
            found.setdefault(name, []).append(Deploy(path, environment, *deploy))
    return found


def removed_pipelines(root: Path, changed: Iterable[str]) -> tuple[str, ...]:
    """Name the pipelines that are no longer there."""
    matches = (_PIPELINE.fullmatch(path) for path in changed if not (root / path).exists())
    return tuple(sorted(match[1] for match in matches if match))


def _bundle(value: Values) -> str | None:
    bundle = value.get("bundle")
    return None if bundle is None else str(bundle)


def _traffic(value: Values) -> str | None:
    """Say how traffic comes to a bundle; None where it comes all at once, or what is written is not valid."""
    try:
        rollout = Rollout.model_validate(value.get("rollout"))
    except ValidationError:
        return None
    return f"{rollout.canary * 100:.4g}% first, then {rollout.then}"
