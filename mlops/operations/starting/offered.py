"""The wheel that an upgrade is to go to: one that is given or named, perhaps of another program, or the running one."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from mlops.errors import ConfigurationError, IntegrityError
from mlops.operations.starting.pin import NAME, VENDOR, Pin
from mlops.operations.starting.wheel import Source, Wheel, digest_of, download, find, look_into, wheel_address

_VERSION = re.compile(r"[0-9][0-9A-Za-z.+]{0,63}")


@dataclass(frozen=True)
class Offered:
    """A wheel; `path` is a copy of it on this machine where it holds another program than the one that runs here.

    `differing` are the files of the package that it holds otherwise.
    """

    wheel: Wheel
    path: Path | None = None
    differing: tuple[str, ...] = ()

    @property
    def pin(self) -> Pin:
        """The pin that a repository would have."""
        return self.wheel.pin


def offer(given: str | None, version: str | None, source: Source | None, folder: Path) -> Offered:
    """Find the wheel: a file or address, else a version of pip's index, else what was installed here.

    `folder` is empty, and keeps a copy; `source` says where this program was installed from.

    Raises:
        ConfigurationError: what is given is no wheel, or of another version than is asked for.
        IntegrityError: the wheel is not what the installer noted.
        InfrastructureError: it cannot be fetched, or is gone.
    """
    if given is None and version is None:
        return Offered(find(None, source))
    found = _named(version or "", folder) if given is None else _given(given, folder)
    if version is not None and found.pin.version != version:
        message = f"{given} is mlops {found.pin.version}, not {version}"
        raise ConfigurationError(message, hint="leave out --to, or name the wheel of that version")
    return found


def _given(given: str, folder: Path) -> Offered:
    if "://" in given:
        place = wheel_address(given)
        return _offered(download(place, folder, f"{place} cannot be fetched", "check --from"), place, place)
    path = Path(given)
    if not path.is_file():
        raise ConfigurationError(f"there is no file {path}", hint="check --from")
    copy = Path(shutil.copyfile(path, folder / path.name))
    return _offered(copy, f"./{VENDOR}/{path.name}", path.name)


def _named(version: str, folder: Path) -> Offered:
    if not _VERSION.fullmatch(version):
        raise ConfigurationError(f"{version[:64]!r} is no version", hint="--to 1.2.3")
    said = f"the index that pip is set to has no wheel of {NAME} {version}"
    path = download(f"{NAME}=={version}", folder, said, "check --to, or give --from WHEEL")
    return _offered(path, "", f"{NAME} {version} of the index")


def _offered(path: Path, place: str, shown: str) -> Offered:
    version, differing = look_into(path, shown)
    wheel = Wheel(Pin(version, digest_of(path), place), path.read_bytes() if place.startswith("./") else None)
    return Offered(wheel, path if differing else None, differing)


def refuse_other(offered: Offered) -> None:
    """Refuse a wheel of another program, where this one was installed to be it; raises IntegrityError."""
    if offered.path is not None:
        message = (
            f"the wheel of mlops {offered.pin.version} changed while it was installed: mlops/{offered.differing[0]}"
        )
        raise IntegrityError(message, hint="run it again; if that is said again, ask whoever serves the wheel")
