"""A ZIP archive that somebody else made, unpacked as data: plain files inside one folder, no more than was allowed."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from mlops.errors import IntegrityError
from mlops.files.relative import folded, trouble

_MOST = 20_000
_CHUNK = 1 << 20
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def unpack(archive: Path, folder: Path, most: int) -> None:
    """Unpack an archive into an empty folder; what its names and sizes claim is not believed.

    `most` is how many bytes all files may have together, counted as they are written.

    Raises:
        IntegrityError: it is no archive, is damaged or too large, or holds what is not a plain file inside the folder.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            listed = opened.infolist()
            _refuse(listed, most)
            left = most
            for item in listed:
                if not item.is_dir():
                    left = _write(opened, item, folder / item.filename, left)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError) as error:
        raise IntegrityError("the archive is damaged") from error


def _refuse(listed: Sequence[zipfile.ZipInfo], most: int) -> None:
    if len(listed) > _MOST:
        raise IntegrityError(f"the archive holds {len(listed):,} files, more than {_MOST:,}")
    seen: set[str] = set()
    for item in listed:
        path = item.filename.removesuffix("/")
        said = trouble(path) or _unusual(item)
        if said is not None:
            raise IntegrityError(f"{path[:100]!r} in the archive {said}")
        if folded(path) in seen:
            raise IntegrityError(f"{path[:100]!r} in the archive is there twice")
        seen.add(folded(path))
    if sum(item.file_size for item in listed) > most:
        raise IntegrityError(f"the archive holds more than {most:,} bytes")


def _unusual(item: zipfile.ZipInfo) -> str | None:
    kind = stat.S_IFMT(item.external_attr >> 16)
    if kind not in (0, stat.S_IFDIR if item.is_dir() else stat.S_IFREG):
        return "is not a plain file"
    if item.flag_bits & 0x1:
        return "is encrypted"
    return None if item.compress_type in _PACKED else "is packed in a way that is not read here"


def _write(opened: zipfile.ZipFile, item: zipfile.ZipInfo, place: Path, left: int) -> int:
    """Write one file, and give how many bytes the others may still have."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with opened.open(item) as source, place.open("xb") as target:
            while chunk := source.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise IntegrityError("the archive holds more than it says")
                target.write(chunk)
    except (FileExistsError, NotADirectoryError) as error:
        raise IntegrityError(f"{item.filename[:100]!r} in the archive is a file and a folder") from error
    return left
