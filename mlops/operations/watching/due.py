"""Which pipelines a schedule of the monitor workflow is for: asked when it runs, so that the workflow names none."""

from __future__ import annotations

from mlops.compiler.github.common_steps import PERIODS, cron
from mlops.errors import ConfigurationError
from mlops.operations.watching.monitor import settings, watched_names
from mlops.operations.workspace import Workspace


def due(workspace: Workspace, schedule: str) -> tuple[str, ...]:
    """List the pipelines that are watched as often as a cron line of the workflow says; all where it is empty.

    Raises:
        ConfigurationError: it is no cron line that this repository compiles to.
    """
    names = watched_names(workspace)
    if not schedule:
        return names
    known = {cron(workspace.project.name, period): period for period in PERIODS}
    if schedule not in known:
        raise ConfigurationError(
            f"`{schedule}` is no schedule of this repository",
            hint=f"one of: {', '.join(f'`{line}` (every {period})' for line, period in known.items())}",
        )
    return tuple(name for name in names if settings(workspace, name).every == known[schedule])
