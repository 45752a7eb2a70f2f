"""Files that are old or new, never half: write beside, flush to disk, rename."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.files.system import naming

if TYPE_CHECKING:
    from collections.abc import Iterator


def write_bytes(path: Path, data: bytes) -> None:
    """Replace `path` by `data` in one step, making its folder if needed."""
    with writing(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Replace `path` by UTF-8 `text` with Unix newlines in one step."""
    write_bytes(path, text.encode("utf-8"))


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Give a temporary file beside `path` that becomes `path` when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with naming(path):
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(descriptor)
    temporary = Path(name)
    try:
        with naming(path):
            yield temporary
            _flush(temporary)
            temporary.chmod(0o644)
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def writing_folder(final: Path) -> Iterator[Path]:
    """Give an empty temporary folder beside `final` that becomes `final` when the block ends well.

    No system replaces a folder that is not empty in one step: for a moment there is none, but never half of one.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    with naming(final):
        temporary = Path(tempfile.mkdtemp(dir=final.parent, prefix=f".{final.name}.", suffix=".part"))
    replaced = temporary.with_suffix(".old")
    temporary.chmod(0o755)
    try:
        with naming(final):
            yield temporary
            for file in sorted(temporary.rglob("*")):
                if file.is_file():
                    _flush(file)
            if final.exists():
                final.replace(replaced)
            temporary.replace(final)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(replaced, ignore_errors=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
