"""Several files of a folder replaced together: all of them or, where one cannot be written, none."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from mlops.errors import InfrastructureError
from mlops.files.atomic import bytes_of, write_bytes


def exchange(root: Path, files: Mapping[str, bytes | None]) -> None:
    """Write files by their paths from the root, or remove them where None; whatever stops it, all is as it was.

    A kill between two files leaves some of them: a caller that works in a clean Git work tree can say how to undo that.

    Raises:
        InfrastructureError: one cannot be written, and nothing was.
    """
    before = {path: bytes_of(root / path) for path in files}
    with ExitStack() as undo:
        for path, data in sorted(files.items()):
            undo.callback(_put_back, root, path, before[path])
            try:
                _put(root, path, data)
            except OSError as error:
                message = f"{path} cannot be written: {(error.strerror or str(error)).lower()}"
                hint = "nothing was changed; make it writable, then run this again"
                raise InfrastructureError(message, hint=hint) from error
        undo.pop_all()


def _put_back(root: Path, path: str, data: bytes | None) -> None:
    if bytes_of(root / path) != data:
        _put(root, path, data)


def _put(root: Path, path: str, data: bytes | None) -> None:
    place = root / path
    if data is not None:
        write_bytes(place, data)
        return
    place.unlink(missing_ok=True)
    for folder in place.parents:
        if folder == root or not folder.is_dir() or any(folder.iterdir()):
            return
        folder.rmdir()
