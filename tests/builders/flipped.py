"""One flipped bit, with size and times as they were: what a disk does, or somebody who knows what is looked at."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


def flip(path: Path, at: int | None = None) -> None:
    """Flip the lowest bit of the middle byte of a file, or of byte `at`, in place; its mode may be read-only."""
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2 if at is None else at] ^= 1
    path.chmod(before.st_mode | stat.S_IWUSR)
    with path.open("r+b") as file:
        file.write(data)
    path.chmod(before.st_mode)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@contextmanager
def flipped(path: Path, at: int | None = None) -> Iterator[None]:
    """Flip a bit for a while."""
    flip(path, at)
    try:
        yield
    finally:
        if path.exists():
            flip(path, at)


def rewrite(store: Path, table: str, column: str, value: str, where: str = "1") -> None:
    """Write a value over a column of the rows of an SQLite store for which a condition holds."""
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (value,))  # noqa: S608 - names of a test


def read(store: Path, table: str, column: str, where: str = "1") -> str:
    """Read a column of the first row for which a condition holds."""
    with closing(sqlite3.connect(store)) as connection:
        return str(connection.execute(f"SELECT {column} FROM {table} WHERE {where}").fetchone()[0])  # noqa: S608 - as above
