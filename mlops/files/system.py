"""What the system refuses (a full or read-only disk, a right that is lacking), told with its path and reason."""

from __future__ import annotations

import errno
import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.errors import InfrastructureError

if TYPE_CHECKING:
    from collections.abc import Iterator

CURES = {
    errno.ENOSPC: "make room on the disk",
    errno.EDQUOT: "make room on the disk",
    errno.EFBIG: "raise the limit on the size of a file",
    errno.EROFS: "the disk is mounted read-only: work on one that can be written",
    errno.EACCES: "give yourself the right to it",
    errno.EPERM: "give yourself the right to it",
    errno.EMFILE: "raise the limit on open files: ulimit -n 4096",
    errno.ENFILE: "close other programs: this machine has no more open files to give",
    errno.EIO: "the disk fails: look into the system's log",
}
"""What helps, by the system's number."""
_RUST = re.compile(r"\(os error (\d+)\)")  # how Polars spells it, as an OSError without a number or as its own error


def refusal(error: BaseException) -> OSError | None:
    """See in an error what the system said; None where it is about something else."""
    if isinstance(error, OSError) and error.errno is not None:
        return error
    if isinstance(error, OSError) or type(error).__module__.startswith("polars"):
        found = _RUST.search(str(error))
        if found:
            return OSError(int(found[1]), os.strerror(int(found[1])))
    return error if isinstance(error, OSError) else None


def of_file(error: BaseException) -> bool:
    """Whether the system refused a file or its disk; a connection that fails is no such thing."""
    said = refusal(error)
    return said is not None and (isinstance(said.filename, str | bytes) or said.errno in CURES)


def refused(error: BaseException) -> InfrastructureError | None:
    """Make the error that a person reads; None where the system refused nothing."""
    said = refusal(error)
    return None if said is None else refusing(said)


def refusing(said: OSError) -> InfrastructureError:
    """Make the error that a person reads of what the system said."""
    where = "" if said.filename is None else f"{_shown(os.fsdecode(said.filename))}: "
    reason = said.strerror or str(said) or type(said).__name__
    cure = CURES.get(said.errno or 0, "")
    return InfrastructureError(f"{where}{reason}", hint=f"{cure}, then run this again" if cure else "")


def _shown(path: str) -> str:
    """Spell a path as a person would type it here."""
    try:
        return Path(path).relative_to(Path.cwd()).as_posix()
    except (OSError, ValueError):  # this folder is gone, or does not hold it
        return path


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name `path` in what the system refuses within a block, where it names nothing or what is written beside `path`.

    What is written beside it, to be renamed, is `.<its name>.<anything>`.
    """
    try:
        yield
    except Exception as error:  # what Polars raises is no OSError
        said = refusal(error)
        named = None if said is None or said.filename is None else str(said.filename)
        if said is None or not (named in (None, str(path)) or named.startswith(f"{path.parent}/.{path.name}.")):
            raise
        if said.errno is not None:
            raise OSError(said.errno, said.strerror, str(path)) from error
        if type(said) is OSError:  # NumPy counts what was written, and does not pass on why that is too little
            raise OSError(f"{_shown(str(path))}: {said}") from error
        raise
