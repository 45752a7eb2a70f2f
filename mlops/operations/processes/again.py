"""The process that makes rows and scores again, in a folder of its own.

`python -P -m mlops.operations.processes.again STAGE ...` runs there. The folder holds the data, the parameters and the
bundle and no code at all, and `-P` keeps the folder off the path of imports: what runs is the code that was installed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.errors import MlopsError
from mlops.files.without_gc import end_uncollected
from mlops.operations.processes.child import Child
from mlops.operations.processes.ending import interruptible, stage
from mlops.operations.processes.environment import environment
from mlops.operations.processes.stage import run_stage

if TYPE_CHECKING:
    from collections.abc import Sequence


def run_again(folder: Path, stages: Sequence[str], log: Path) -> int:
    """Run stages in a folder of their own, each with its section of the folder's `params.yaml`; give the exit code.

    What they print goes into a file: they say what was said before.
    """
    home = folder.parent.parent / "home"
    home.mkdir(exist_ok=True)
    command = [sys.executable, "-P", "-m", "mlops.operations.processes.again", *stages]
    with (
        log.open("wb") as said,
        interruptible(),
        Child(command, folder, printed=said, environment=environment(home)) as child,
    ):
        return child.wait()


def main(*stages: str) -> int:
    """Run stages here one after the other; what stopped one stands in `.mlops/results`."""
    try:
        with stage():
            for name in stages:
                run_stage(Path.cwd(), name)
    except MlopsError as error:
        return error.exit_code
    return 0


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    end_uncollected()
    sys.exit(code)
