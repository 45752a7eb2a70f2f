"""`mlops` and `python -m mlops`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; a user's mistake ends in a message and an exit code, never in a traceback."""
    from mlops.cli.main import run
    from mlops.files.without_gc import end_uncollected
    from mlops.operations.processes.own_programs import find_own_programs

    find_own_programs()
    code = run(sys.argv[1:])
    end_uncollected()
    sys.exit(code)


if __name__ == "__main__":
    main()
