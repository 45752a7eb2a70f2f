"""Which steps hold which secrets: those that say what they are for, never a job or a workflow as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mlops.compiler.github.workflow import Step
from mlops.configuration.ci import Continuous
from mlops.configuration.credentials import Use

_VALUE = "${{{{ secrets.{} }}}}"


def holding(settings: Continuous, step: Step, *uses: Use) -> Step:
    """Let a step hold the secrets that are for one of its uses, as environment variables of the same names.

    Only for jobs of the main branch, in an environment: what a pull request says runs without any secret.
    """
    held = {name: _VALUE.format(name) for name in settings.secrets_for(*uses)}
    return replace(step, environment=step.environment | held)


def holds(steps: Iterable[Step]) -> bool:
    """Whether any of a job's steps holds a secret, so that the job needs the environment which has it."""
    return any(
        "secrets." in str(value) for step in steps for value in (*step.environment.values(), *step.inputs.values())
    )
