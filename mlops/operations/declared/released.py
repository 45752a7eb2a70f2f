"""What release files make live, for the files of targets, which name it."""

from __future__ import annotations

from collections.abc import Mapping

from mlops.configuration.load import Loaded, parse_document
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.reading.library import Configuration
from mlops.configuration.release import Release
from mlops.plan.placed import Live
from mlops.targets import TARGETS, places


def released(configuration: Configuration, pipelines: Mapping[str, Loaded]) -> dict[str, tuple[Live, ...]]:
    """Read what is live in every environment of the pipelines whose targets have files of it.

    What is wrong with a release file is told by `rollouts`, which reads all of them.
    """
    wanted = {name for name, loaded in pipelines.items() if mounting(loaded.spec)}
    found: dict[str, tuple[Live, ...]] = {}
    for environment, name in configuration.releases() if wanted else ():
        document = configuration.document(f"release/{environment}/{name}") if name in wanted else None
        release = None if document is None else parse_document(Release, document)[0]
        if document is not None and release is not None:
            live = Live(environment, document.file, release.bundle, release.image)
            found[name] = (*found.get(name, ()), live)
    return found


def mounting(pipeline: Pipeline) -> bool:
    """Tell whether a target of a pipeline mounts the image of what is live."""
    return any(places(TARGETS.find(target.kind), target) for target in pipeline.deploy.values())
