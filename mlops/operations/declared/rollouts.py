"""What release files say of traffic; every one of them is checked on the way."""

from __future__ import annotations

from collections.abc import Iterable

from mlops.configuration.load import parse_document
from mlops.configuration.reading.library import Configuration
from mlops.configuration.release import Release
from mlops.diagnostics import Diagnostic
from mlops.plan.pipeline import Rollout


def rollouts(
    configuration: Configuration, names: Iterable[str], problems: list[Diagnostic]
) -> dict[str, tuple[Rollout, ...]]:
    """Read the release files of these pipelines in every environment; what is wrong with one is added to `problems`."""
    wanted, found = set(names), dict[str, tuple[Rollout, ...]]()
    for path in sorted((configuration.conf / "release").glob("*/*.yaml")):
        environment, name = path.parent.name, path.stem
        document = configuration.document(f"release/{environment}/{name}") if name in wanted else None
        if document is None:
            continue
        release, diagnostics = parse_document(Release, document)
        problems += diagnostics
        if release is not None and release.rollout is not None:
            rollout = Rollout(environment, document.file, release.rollout.canary)
            found[name] = (*found.get(name, ()), rollout)
    return found
