"""The process that runs DVC for one pipeline: `python -m mlops.operations.processes.reproducing NAME TARGET ...`.

It holds the pipeline's lock for as long as DVC may write in its folder, and waits for DVC's own lock, which others
hold for moments only: while a stage runs it is free. Told to stop it passes that on to the stage; DVC itself is never
interrupted, so that its lock files and the `dvc.lock` stay whole. Its standard input, which the stages inherit, is the
pipe of the `mlops run` that started it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from mlops.files.alone import alone
from mlops.files.dvc_environment import UNREPORTED
from mlops.files.system import refusing
from mlops.files.without_gc import end_uncollected
from mlops.operations.dvc.remote import remote
from mlops.operations.processes.closing_words import withhold
from mlops.operations.processes.ending import RUNNER, STOPPED, end_with_parent
from mlops.operations.processes.own_programs import find_own_programs

_MOVED = re.compile(r".*\.[A-Za-z0-9_-]{22}\.tmp")  # as `dvc_objects.fs.utils.tmp_fname` names it


def command(name: str, targets: list[str]) -> list[str]:
    """Say how this file is run for pipeline `name`, by a `Child`."""
    return [sys.executable, "-m", "mlops.operations.processes.reproducing", name, *targets]


def main(name: str, *targets: str) -> int:
    """Reproduce targets of the repository in the current folder; gives the exit code of `dvc repro`.

    It is that of an InfrastructureError, which DVC never ends with, where the system refused what DVC needs to begin.
    """
    end_with_parent(sys.stdin.fileno())
    try:
        return _reproduced(name, targets)
    except OSError as error:
        said = refusing(error)
        _say(said.message)
        return said.exit_code


def _reproduced(name: str, targets: Sequence[str]) -> int:
    with (
        Path(os.devnull).open(encoding="utf-8") as nothing,
        alone(lock_of(Path.cwd(), name), lambda: _say(f"{name}: waiting for another run of it to end")),
    ):
        sys.stdin = nothing  # a question of DVC's has no answer; the pipe itself is for the stages
        signal.signal(signal.SIGTERM, _stop)
        os.environ.update({RUNNER: "yes"} | UNREPORTED)
        find_own_programs()
        from dvc.cli import main as dvc
        from dvc.ui import ui

        withhold(ui, pushes=bool(remote(Path.cwd())))
        heal(Path.cwd())
        sweep(Path.cwd(), name)
        result_of(Path.cwd(), name).unlink(missing_ok=True)
        return int(dvc(["--wait-for-lock", "repro", *targets]))


def heal(root: Path) -> None:
    """Take away DVC's list of who reads and writes what, where a killed DVC left it half written.

    DVC would refuse to run for ever: it writes the list in place. Its own guard is held meanwhile, so that nobody is
    writing it now; those whom it named are gone, or hold the lock of their pipeline here.
    """
    from dvc.lock import LockError, make_lock

    place = root / ".dvc" / "tmp" / "rwlock"
    if _whole(place):
        return
    with suppress(LockError), make_lock(f"{place}.lock", tmp_dir=str(place.parent)):
        if not _whole(place):
            place.unlink()


def sweep(root: Path, name: str) -> None:
    """Take away what a killed DVC was about to move into its place in a pipeline's folder.

    DVC's own lock is held meanwhile, as DVC does while it lays out files: none of them is another one's, who works on.
    """
    left = [path for path in (root / "pipelines" / name).rglob("*.tmp") if _MOVED.fullmatch(path.name)]
    if not left:
        return
    from dvc.lock import LockError, make_lock

    kept = root / ".dvc" / "tmp"
    with suppress(LockError), make_lock(str(kept / "lock"), tmp_dir=str(kept)):
        for path in left:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _whole(place: Path) -> bool:
    try:
        return isinstance(json.loads(place.read_bytes()), dict)
    except FileNotFoundError:
        return True
    except ValueError:
        return False


def lock_of(root: Path, name: str) -> Path:
    """Place the lock of a pipeline."""
    return root / ".mlops" / "locks" / f"{name}.lock"


def result_of(root: Path, name: str) -> Path:
    """Place what the last stage of a pipeline said of its end."""
    return root / ".mlops" / "results" / f"{name}.json"


def _stop(*_: Any) -> None:
    """Tell the stage that runs to stop, and any that DVC may start after it."""
    os.environ[STOPPED] = "yes"
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(os.getpgrp(), signal.SIGTERM)
    signal.signal(signal.SIGTERM, _stop)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    end_uncollected()
    sys.exit(code)
