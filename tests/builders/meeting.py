"""Processes that do the same at the same moment: forked once what takes seconds to import is imported."""

from __future__ import annotations

import os
import subprocess
import sys

_FORK = """
import os, sys, traceback
children = []
for _ in range(int(sys.argv[1])):
    child = os.fork()
    if not child:
        try:
            act(*sys.argv[2:])
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)
    children.append(child)
for child in children:
    os.waitpid(child, 0)
"""


def meet(count: int, script: str, *arguments: str) -> tuple[list[str], str]:
    """Run the function `act` of a script in so many processes at once; the lines they print, and their errors."""
    command = [sys.executable, "-W", "ignore", "-c", script + _FORK, str(count), *arguments]
    # as our own client sets it, but here MLflow is imported before there is one
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return done.stdout.splitlines(), done.stderr
