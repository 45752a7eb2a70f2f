"""The text of a file of rows: unpacked, decoded, its lines ended as every reader knows them."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, cast

from mlops.errors import DataError

WESTERN = "windows-1252"
"""What text that is no UTF is taken for: Excel writes it in Western Europe and America."""
DAMAGED = (gzip.BadGzipFile, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError)
"""What reading a packed file raises that was cut off, written over, or never packed."""

_CHUNK = 1 << 20
_LARGE = 16 << 20
"""Bytes from which on looking takes so long that it is remembered."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as UTF-16's mark does
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# the five bytes that Windows-1252 leaves open are control characters, as browsers have them
_WESTERN = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256))

_OPENERS: dict[str, Callable[..., BinaryIO]] = {
    ".gz": cast("Callable[..., BinaryIO]", gzip.open),
    ".bz2": cast("Callable[..., BinaryIO]", bz2.open),
    ".xz": cast("Callable[..., BinaryIO]", lzma.open),
}


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file of rows as its name says: as it is, or packed by gzip, bzip2, xz, or zip.

    Raises DataError for an archive of several files; what is damaged raises one of `DAMAGED` when it is read.
    """
    ending = path.suffix.lower()
    if ending == ".zip":
        with zipfile.ZipFile(path) as archive, archive.open(only_member(archive, path.name)) as file:
            yield cast("BinaryIO", file)
        return
    with _OPENERS.get(ending, Path.open)(path, "rb") as file:
        yield file


def only_member(archive: zipfile.ZipFile, label: str) -> zipfile.ZipInfo:
    """Find the one file of an archive, but for what an operating system adds; raises DataError."""
    inside = [item for item in archive.infolist() if not item.is_dir() and not _of_the_system(item.filename)]
    if len(inside) != 1:
        raise DataError(f"{label} holds {len(inside):,} files, not one table", hint="unpack it, and name the table")
    if inside[0].flag_bits & 1:
        raise DataError(f"{label} is locked by a password", hint="unpack it")
    return inside[0]


def _of_the_system(name: str) -> bool:
    return name.startswith("__MACOSX/") or Path(name).name.startswith(".")


def utf8(path: Path, encoding: str | None = None) -> Path | bytes:
    """Give the file itself where Polars reads it as it stands, else its text in UTF-8 with lines ended by a line feed.

    The `encoding` is that of text which is not UTF-8; it is found by looking where none is given.

    Raises:
        DataError: the file is damaged, holds no text, or not text of that encoding.
    """
    if path.suffix.lower() == ".zst":
        return path
    try:
        found, lines = look(path)
        encoding = found if found.startswith("utf-8") else encoding or found
        if lines and encoding.startswith("utf-8") and _native(path):
            return path
        with opened(path) as file:
            text = decoded(file.read(), encoding)
    except DAMAGED as error:
        raise DataError(
            f"{path.name} cannot be read: it is damaged, or not what its name says", hint="fetch the file again"
        ) from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name} is not text in {encoding}", hint="check `encoding`") from error
    return ended(text).encode()


def _native(path: Path) -> bool:
    """Whether Polars unpacks it by itself, which it does by these very endings."""
    return path.suffix not in (".bz2", ".xz", ".zip") and path.suffix == path.suffix.lower()


def decoded(data: bytes, encoding: str) -> str:
    """Decode text, Windows-1252 with no byte left open; raises UnicodeDecodeError."""
    if codecs.lookup(encoding).name == codecs.lookup(WESTERN).name:
        return codecs.charmap_decode(data, "strict", _WESTERN)[0]
    return data.decode("utf-8-sig" if encoding == "utf-8" else encoding)


def ended(text: str) -> str:
    """End lines by a line feed where they end in a carriage return alone, as Excel for Mac writes them."""
    alone = text.count("\r") - text.count("\r\n")
    return text.replace("\r", "\n") if alone > text.count("\n") else text


def look(path: Path) -> tuple[str, bool]:
    """Find a file's encoding, and whether its lines end in a line feed and not in a carriage return alone.

    Raises DataError where it holds no text.
    """
    known = path.stat()
    if known.st_size < _LARGE:
        return _looked(path)
    return _looked_once(path, (known.st_size, known.st_mtime_ns, known.st_ino))


@lru_cache(maxsize=8)
def _looked_once(path: Path, _: tuple[int, ...]) -> tuple[str, bool]:
    """Look at a large file once, though several ask; its bytes are known by size, time and inode."""
    return _looked(path)


def _looked(path: Path) -> tuple[str, bool]:
    decoder, utf, feeds, alone, start = codecs.getincrementaldecoder("utf-8")(), True, 0, 0, b""
    with opened(path) as file:
        while chunk := file.read(_CHUNK):
            start = start or chunk
            feeds, alone = feeds + chunk.count(b"\n"), alone + chunk.count(b"\r") - chunk.count(b"\r\n")
            utf = utf and _decodes(decoder, chunk)
            if not utf:
                break
    utf = utf and _decodes(decoder, b"", last=True)
    return encoding_of(start, path.name, utf=utf), alone <= feeds


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, last: bool = False) -> bool:
    try:
        decoder.decode(chunk, last)
    except UnicodeDecodeError:
        return False
    return True


def encoding_of(start: bytes, label: str, *, utf: bool) -> str:
    """Tell an encoding by how a file begins, and whether all of it is UTF-8; raises DataError where it is no text."""
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    if b"\0" not in start:
        return "utf-8" if utf else WESTERN
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if max(even, odd) > len(start) // 4 and min(even, odd) == 0:  # Latin letters of UTF-16 without a mark
        return "utf-16-be" if even else "utf-16-le"
    raise DataError(f"{label} holds zero bytes, which no text has", hint="check that it is what its name says")
