"""The wheel that this program was installed from: its bytes or their hash, and where another machine gets it.

A wheel counts only if it holds this very program: a repository compiled by one program and installed from another
would be found stale by its own first check.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

import mlops
from mlops.documents.document import Part
from mlops.errors import ConfigurationError, InfrastructureError, IntegrityError
from mlops.operations.starting.pin import ADDRESS, NAME, VENDOR, WHEEL, Pin

PACKAGE = Path(mlops.__file__).parent
_FROM = "give --from WHEEL: a file, or its address"
_SHOWN = 3


@dataclass(frozen=True)
class Wheel:
    """A pin, and the bytes that go into the repository where the pin is a file of it."""

    pin: Pin
    data: bytes | None = None


class _Archive(Part):
    hashes: dict[str, str] | None = None
    hash: str = ""


class _Noted(Part):
    """`direct_url.json`: where an installer found this distribution."""

    url: str
    archive_info: _Archive | None = None


@dataclass(frozen=True)
class Source:
    """Where an installer took this program from: a folder, or a wheel and the hash that it noted of it."""

    address: str
    digest: str = ""
    folder: bool = False

    @classmethod
    def read(cls, note: str) -> Source:
        """Read what it noted in `direct_url.json`.

        https://packaging.python.org/en/latest/specifications/direct-url-data-structure/
        """
        noted = _Noted.model_validate_json(note)
        if (archive := noted.archive_info) is None:
            return cls(noted.url, folder=True)
        return cls(noted.url, (archive.hashes or {}).get("sha256") or archive.hash.removeprefix("sha256="))

    @property
    def path(self) -> Path:
        """The file or folder of this machine."""
        return Path(unquote(urlsplit(self.address).path))


def installed() -> Source | None:
    """Say where this program was installed from; None where that was an index."""
    try:
        note = metadata.distribution(NAME).read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return Source(PACKAGE.parent.as_uri(), folder=True)
    return None if note is None else Source.read(note)


def find(given: str | None, source: Source | None, ask: str = _FROM) -> Wheel:
    """Find the wheel: the file or address that is given, else what was installed, else what pip's index has.

    `ask` is what the verb takes in its place.

    Raises:
        ConfigurationError: what is given is no wheel, or this program runs from no wheel.
        IntegrityError: the wheel is there, but does not hold this program.
        InfrastructureError: it cannot be fetched, or is gone.
    """
    if given is not None:
        return _fetched(given) if "://" in given else _kept(Path(given))
    if source is None:
        return _indexed(ask)
    if source.folder:
        where = source.path if source.address.startswith("file:") else source.address
        hint = f"pip wheel --no-deps {where} makes a wheel of it; then {ask}"
        raise ConfigurationError(f"mlops runs from {where}, not from a wheel", hint=hint)
    if not source.address.startswith("file:"):
        place = wheel_address(source.address)
        return Wheel(Pin(mlops.__version__, source.digest, place)) if source.digest else _fetched(place)
    if not source.path.exists():
        raise InfrastructureError(f"{source.path}, the wheel that mlops was installed from, is gone", hint=ask)
    return _kept(source.path, source.digest)


def _kept(path: Path, digest: str = "") -> Wheel:
    """Take a file, to be kept in the repository: nobody else has it."""
    if not path.is_file():
        raise ConfigurationError(f"there is no file {path}", hint="check --from")
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if digest and found != digest:
        message = f"{path} has the hash {found[:12]}…, but mlops was installed from {digest[:12]}…"
        raise IntegrityError(message, hint="pip install it again, then run this again")
    version = _same_program(path, path.name)
    return Wheel(Pin(version, found, f"./{VENDOR}/{path.name}"), data)


def _fetched(address: str) -> Wheel:
    """Take an address, after a look at what it gives."""
    place = wheel_address(address)
    with TemporaryDirectory() as folder:
        path = download(place, Path(folder), f"{place} cannot be fetched", "check --from")
        return Wheel(Pin(_same_program(path, place), digest_of(path), place))


def _indexed(ask: str) -> Wheel:
    """Take the index that pip is set to: by name and version, and never from another."""
    version = mlops.__version__
    with TemporaryDirectory() as folder:
        said = f"the index that pip is set to has no wheel of {NAME} {version}"
        path = download(f"{NAME}=={version}", Path(folder), said, ask)
        return Wheel(Pin(_same_program(path, f"{NAME} {version} of the index"), digest_of(path)))


def digest_of(path: Path) -> str:
    """Give the SHA-256 of a wheel in hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def wheel_address(address: str) -> str:
    """Refuse what is no address of a wheel, or holds a user or a password; raises ConfigurationError."""
    if not ADDRESS.fullmatch(address):
        shown = address.rpartition("@")[2][:200]
        hint = "https://HOST/PATH/mlops_by_pull_request-VERSION-py3-none-any.whl, without a user, `?` or `#`"
        raise ConfigurationError(f"{shown}: not an address of a wheel of {NAME}", hint=hint)
    return address


def download(what: str, folder: Path, said: str, hint: str) -> Path:
    """Let pip fetch one wheel, by its own settings: index, proxy, certificates.

    Raises:
        InfrastructureError: it does not, as `said`, and why.
    """
    command = [sys.executable, "-P", "-m", "pip", "--disable-pip-version-check", "--no-input", "download", "--quiet"]
    options = ["--no-deps", "--only-binary", ":all:", "--dest", str(folder)]
    done = subprocess.run([*command, *options, what], capture_output=True, text=True, check=False)  # noqa: S603
    found = sorted(folder.glob("*.whl"))
    if done.returncode or len(found) != 1:
        lines = [line.removeprefix("ERROR: ") for line in done.stderr.splitlines() if line.strip()]
        cause = f": {lines[-1][:300]}" if lines else ""
        raise InfrastructureError(said + cause, hint=hint)
    return found[0]


def _same_program(path: Path, shown: str) -> str:
    """Hold the files of a wheel to those of this program, and give its version.

    Raises:
        ConfigurationError: it is no wheel of this product.
        IntegrityError: it holds another program.
    """
    version, other = look_into(path, shown)
    if other:
        more = f" and {len(other) - _SHOWN} more" if len(other) > _SHOWN else ""
        message = f"{shown} is not the program that runs here: mlops/{', mlops/'.join(other[:_SHOWN])}{more} differ"
        raise IntegrityError(message, hint="pip install the one that you mean, then run this again")
    return version


def look_into(path: Path, shown: str) -> tuple[str, tuple[str, ...]]:
    """Give the version of a wheel, and which files of the package it holds otherwise than this program.

    Raises:
        ConfigurationError: it is no wheel of this product.
    """
    named = WHEEL.fullmatch(path.name)
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.startswith("mlops/") and not name.endswith("/")]
            held = {name.removeprefix("mlops/"): archive.read(name) for name in names}
    except (zipfile.BadZipFile, OSError) as error:
        raise ConfigurationError(f"{shown} is no wheel: it cannot be read", hint=_FROM) from error
    if named is None or not held:
        raise ConfigurationError(f"{shown} is no wheel of {NAME}", hint=_FROM)
    here = {
        path.relative_to(PACKAGE).as_posix(): path
        for path in PACKAGE.rglob("*")
        if path.suffix != ".pyc" and path.is_file()
    }
    other = sorted(name for name in held if name not in here or here[name].read_bytes() != held[name])
    other += sorted(name for name in here if name not in held and name.endswith(".py"))
    return named.group("version"), tuple(other)
