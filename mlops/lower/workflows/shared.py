"""What the jobs of several workflows begin with."""

from __future__ import annotations

from mlops.plan.workflow import Permission, Step
from mlops.spec.project import Continuous

READ = Permission("contents", "read", "to check out")


def set_up(settings: Continuous, reference: str = "") -> tuple[Step, ...]:
    """Check out a commit (the one under test where none is named), and install what it pins."""
    inputs: dict[str, str | int | bool] = {"fetch-depth": 0, "persist-credentials": False}
    if reference:
        inputs = {"ref": reference, "persist-credentials": False}
    return (
        Step("Check out", uses="actions/checkout", inputs=inputs),
        Step("Set up Python", uses="actions/setup-python", inputs={"python-version": settings.python}),
        Step("Install", run="make setup"),
    )
