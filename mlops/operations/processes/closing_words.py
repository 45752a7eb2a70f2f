"""What DVC says last, of a run that is not its own: which file to give Git, how to stage it, that it may be pushed.

Git is to have more than DVC knows of (reports, the ledger, what was compiled), and there may be nowhere to push to.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

_ADVISER = "dvc.repo.scm_context"
_PUSH = "Use `dvc push`"


def withhold(ui: Any, *, pushes: bool) -> None:
    """Keep DVC from saying them in this process; `ui` is its console, which goes on to say the rest.

    Where it `pushes`, as there is a remote, that is still said.
    """
    logging.getLogger(_ADVISER).setLevel(logging.WARNING)
    said: Callable[..., None] = ui.write

    def write(*objects: Any, **options: Any) -> None:
        if pushes or not (objects and str(objects[0]).startswith(_PUSH)):
            said(*objects, **options)

    ui.write = write
