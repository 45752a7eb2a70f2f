"""Whose CI it is and what it is to run: the chain of a change for every engine, the rest by its own back end."""

from __future__ import annotations

from collections.abc import Mapping

from mlops.backends import BACKENDS
from mlops.configuration.ci import Continuous
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.project import Project
from mlops.plan.engine import Engine
from mlops.plan.review import Review


def lower_engine(project: Project, pipelines: Mapping[str, Pipeline]) -> Engine:
    """Decide whose CI it is; a back end that has more to decide than the chain of a change does so."""
    chosen = BACKENDS[project.ci.kind]
    if "lower" not in chosen.functions:
        return Engine(chosen.name, chosen.folder)
    jobs, words = chosen.load("lower")(project, pipelines)
    return Engine(chosen.name, chosen.folder, jobs, words)


def lower_review(settings: Continuous) -> Review:
    """Decide the chain of a change."""
    return Review(
        settings.branch,
        settings.runner if "runner" in settings.model_fields_set else (),
        settings.timeout,
        settings.jobs,
        settings.install,
        settings.own,
    )
