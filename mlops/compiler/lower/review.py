"""The chain of a pull request, as every engine has it."""

from __future__ import annotations

from mlops.compiler.lower.workflows.common_steps import INSTALL, fetch_recorded
from mlops.compiler.lower.workflows.pull_request import FIND, RUN
from mlops.configuration.ci import Continuous
from mlops.plan.review import Review


def lower_review(settings: Continuous) -> Review | None:
    """Decide it; None where no engine runs it."""
    if settings.kind == "none":
        return None
    return Review(
        settings.kind,
        settings.branch,
        settings.image or "",
        settings.runner if "runner" in settings.model_fields_set else (),
        settings.timeout,
        settings.jobs,
        INSTALL[settings.install],
        FIND,
        fetch_recorded(None, {}).run,
        RUN,
    )
