"""Where partitions are read and predictions go: a file or a folder here, or at an address such as `s3://bucket/folder`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol
from urllib.parse import unquote

from mlops.errors import ConfigurationError, DataError, InfrastructureError
from mlops.files.alone import unless_held
from mlops.files.remote_folder import RemoteFolder, is_address

SUFFIX = ".parquet"
_NULL = "__HIVE_DEFAULT_PARTITION__"


class Folder(Protocol):
    """A folder of files by relative name."""

    def names(self) -> Iterator[str]:
        """List what is in it, in any order."""

    def here(self, name: str) -> Path | None:
        """Give a file on this machine with the bytes that it has; None where there is none."""

    def forget(self, name: str) -> None:
        """Take away what `here` brought to this machine."""

    def moment(self, name: str) -> int:
        """Say when a file that `here` gave was written, in microseconds since 1970."""

    def place(self, name: str) -> Path:
        """Say where to write a file before it is delivered."""

    def deliver(self, name: str) -> None:
        """Put a file that was written to its `place` where others find it."""

    def remove(self, name: str) -> None:
        """Delete a file; one that is not there is none."""


@dataclass(frozen=True)
class Here:
    """A folder of this machine."""

    folder: Path

    def names(self) -> Iterator[str]:
        """List the files of all folders in it."""
        for above, _, files in os.walk(self.folder):
            yield from (Path(above, name).relative_to(self.folder).as_posix() for name in files)

    def here(self, name: str) -> Path | None:
        """Give the file itself."""
        return path if (path := self.folder / name).is_file() else None

    def forget(self, name: str) -> None:
        """It was here before."""

    def moment(self, name: str) -> int:
        """Ask the file system."""
        return (self.folder / name).stat().st_mtime_ns // 1000

    def place(self, name: str) -> Path:
        """Say where it belongs: whoever writes does so in one step.

        Raises:
            ConfigurationError: a folder on the way is a link, and what is written would lie elsewhere.
        """
        for above in PurePosixPath(name).parents[:-1]:
            if (self.folder / above).is_symlink():
                raise ConfigurationError(
                    f"{self.folder / above}: is a link, through which a file would be written elsewhere",
                    hint="remove the link, or name another place: --out PARQUET",
                )
        return self.folder / name

    def deliver(self, name: str) -> None:
        """It is there."""

    def remove(self, name: str) -> None:
        """Delete it; raises ConfigurationError as `place` does."""
        self.place(name).unlink(missing_ok=True)


@dataclass(frozen=True)
class There:
    """A folder at an address; what is read or written stands for a moment in the folder `scratch` of this machine."""

    remote: RemoteFolder
    scratch: Path

    def names(self) -> Iterator[str]:
        """Ask the place."""
        yield from self.remote.walk()

    def here(self, name: str) -> Path | None:
        """Fetch it."""
        try:
            self.remote.fetch(name, self.scratch / name)
        except FileNotFoundError:
            return None
        return self.scratch / name

    def forget(self, name: str) -> None:
        """Take the copy away."""
        (self.scratch / name).unlink(missing_ok=True)

    def moment(self, name: str) -> int:
        """Ask the place when it was written."""
        return self.remote.modified(name)

    def place(self, name: str) -> Path:
        """Say where to write it."""
        return self.scratch / name

    def deliver(self, name: str) -> None:
        """Send it, and keep nothing of it here."""
        self.remote.put(self.scratch / name, name)
        (self.scratch / name).unlink()

    def remove(self, name: str) -> None:
        """Delete it there."""
        self.remote.remove(name)


@dataclass(frozen=True)
class Partition:
    """A file of the input by its relative name, and what its path says of all of its rows."""

    name: str

    @property
    def hive(self) -> dict[str, str | None]:
        """The columns that its folders name: `country=DE/day=2026-11-30/part-0.parquet`.

        >>> Partition("country=DE/city=K%C3%B6ln/a.parquet").hive
        {'country': 'DE', 'city': 'Köln'}
        """
        pairs = (part.split("=", 1) for part in PurePosixPath(self.name).parts[:-1] if "=" in part)
        return {unquote(key): None if value == _NULL else unquote(value) for key, value in pairs}


def open_place(text: str, scratch: Path, *, folder: bool) -> tuple[Folder, str]:
    """Open a folder, or the folder of a file; give it, and the name of the file in it, empty for a folder.

    Raises:
        ConfigurationError: it is no address of ours, or its driver is not installed.
    """
    above, name = (text.rstrip("/"), "") if folder else _apart(text)
    return (There(RemoteFolder.parse(above), scratch) if is_address(above) else Here(Path(above))), name


def is_folder(text: str) -> bool:
    """Say whether an input is a folder of partitions rather than one file."""
    return not text.endswith(SUFFIX) if is_address(text) else not Path(text).is_file()


def partitions(shown: str, folder: Folder, name: str) -> tuple[Partition, ...]:
    """List the partitions of an input by name; what begins with a dot or an underscore is no data, as for Spark.

    Raises:
        DataError: there are none, or a file is no Parquet.
    """
    if name:
        return (Partition(name),)
    names = list(folder.names())
    if unsafe := sorted(each for each in names if "" in each.split("/")):  # an object's key may hold `//`
        raise DataError(f"{shown}/{unsafe[0]}: has a folder without a name", hint="take it out, or name another folder")
    found = sorted(each for each in names if not any(part[0] in "._" for part in each.split("/")))
    if other := [each for each in found if not each.endswith(SUFFIX)]:
        more = f", and {len(other) - 1:,} more" if len(other) > 1 else ""
        raise DataError(f"{shown}/{other[0]}: is no Parquet file{more}", hint="take it out, or name another folder")
    if not found:
        raise DataError(f"{shown}: there are no Parquet files", hint="name a file, or a folder with some: --in PARQUET")
    return tuple(map(Partition, found))


def _apart(text: str) -> tuple[str, str]:
    if is_address(text):
        above, _, name = text.rpartition("/")
        return above, name
    return str(Path(text).parent), Path(text).name


def refuse_mixed(places: Mapping[str, str]) -> None:
    """Refuse places, by the option that names each, of which one lies in another: what is written would be read.

    Raises:
        ConfigurationError: two of them do.
    """
    plain = {option: _plain(text) for option, text in places.items()}
    for option, path in plain.items():
        for other, above in plain.items():
            if option != other and (path == above or path.startswith(f"{above}/")):
                raise ConfigurationError(
                    f"{option} {places[option]} lies in {other} {places[other]}",
                    hint=f"name another place: {option} PARQUET",
                )


def foreign(option: str, place: str, name: str) -> ConfigurationError:
    """Say that a file is in the way which `mlops score` did not write."""
    return ConfigurationError(
        f"{place}: {name} is there already, and `mlops score` did not write it",
        hint=f"name another place: {option} PARQUET",
    )


def _plain(text: str) -> str:
    """Spell a place in one way, whether its folder is on this machine or at an address.

    >>> _plain("file:///data/../data/in/"), _plain("s3://bucket/in/")
    ('/data/in', 's3://bucket/in')
    """
    path = text.removeprefix("file://")
    return text.rstrip("/") if is_address(path) else str(Path(path).resolve())


@contextmanager
def held(output: str) -> Iterator[None]:
    """Hold an output of this machine for this run; raises InfrastructureError where another run holds it."""
    if is_address(output):
        yield
        return
    path = Path(output.rstrip("/"))
    with unless_held(path.parent / f".{path.name}.lock") as mine:
        if not mine:
            raise InfrastructureError(f"{path}: another `mlops score` writes there", hint="wait until it ended")
        yield
