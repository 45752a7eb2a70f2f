"""`mlops` and `python -m mlops`."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line; a user's mistake ends in a message and an exit code, never in a traceback."""
    from mlops.cli.main import run

    # a stage is a command by name: without an activated environment it is found beside this one
    here, path = os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)  # noqa: PTH120
    if here not in path.split(os.pathsep):
        os.environ["PATH"] = f"{here}{os.pathsep}{path}"
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
