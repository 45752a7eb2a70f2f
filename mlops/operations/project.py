"""The project's own settings, for verbs that need no plan."""

from __future__ import annotations

from pathlib import Path

from mlops.configuration.load import load_project
from mlops.configuration.load import names as pipeline_names
from mlops.configuration.project import Project
from mlops.configuration.reading.library import Configuration
from mlops.diagnostics import suggest
from mlops.errors import ConfigurationError
from mlops.operations.workspace import refuse


def open_project(root: Path, *names: str) -> tuple[Configuration, Project]:
    """Read `conf/project.yaml`, and check that there are pipelines of these names.

    Raises:
        ConfigurationError: the file is wrong, or there is no such pipeline.
    """
    configuration = Configuration(root)
    project, problems = load_project(configuration)
    if project is None or problems:
        raise refuse(configuration, problems)
    known = pipeline_names(configuration)
    for name in names:
        if name not in known:
            hint = suggest(name, known) or "`conf/pipeline/` has no file yet: mlops new"
            raise ConfigurationError(f"there is no pipeline `{name}`", hint=hint)
    return configuration, project
