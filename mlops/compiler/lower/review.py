"""The chain of a pull request, as every engine has it."""

from __future__ import annotations

from mlops.configuration.ci import Continuous
from mlops.plan.review import Review
from mlops.plan.shell import FETCH_RECORDED, FIND, INSTALL, PULL, RUN


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
        FETCH_RECORDED.format(PULL),
        RUN,
    )
