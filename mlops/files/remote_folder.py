"""Places outside of the repository, such as `s3://bucket/folder`: folders that fsspec can reach.

Which driver answers for a scheme is fixed by what is installed; credentials come from the environment, as the driver's
documentation says, and never from the address.
https://filesystem-spec.readthedocs.io/en/latest/features.html
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from mlops.errors import ConfigurationError, InfrastructureError, MlopsError
from mlops.files.atomic import writing

# scheme: what to install for it
SCHEMES = {"abfs": "adlfs", "az": "adlfs", "file": "", "gs": "gcsfs", "s3": "s3fs"}
_ADDRESS = re.compile(r"(?P<scheme>[a-z0-9]+)://(?P<rest>.*)")
# what a machine runs on, by the Filesystem Hierarchy Standard; whoever may write there may become anybody
_SYSTEM = frozenset({"bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "proc", "run", "sbin", "sys", "usr"})
_HIDDEN = re.compile(r"\.(?!mlops$)")
_REST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/=+,-]*")


def is_address(text: str) -> bool:
    """Say whether a text is meant as an address rather than as a path."""
    return "://" in text


def trouble(address: str) -> str | None:
    """Say why an address is none of a place that we read; None where it is.

    fsspec's chains (`simplecache::s3://…`), options and credentials within an address are refused with the rest.
    """
    found = _ADDRESS.fullmatch(address)
    scheme, rest = ("", "") if found is None else found.group("scheme", "rest")
    if scheme not in SCHEMES:
        return f"has another scheme than {', '.join(f'{name}://' for name in sorted(SCHEMES))}"
    if unicodedata.normalize("NFKC", rest) != rest or "@" in rest or "?" in rest or "#" in rest or "::" in rest:
        return "holds more than a bucket and a path: credentials and options belong into the environment"
    if scheme == "file":
        if not rest.startswith("/"):
            return "is not absolute: write file:///path"
        rest = rest[1:]
    parts = rest.split("/")
    if not _REST.fullmatch(rest) or any(part in {"", ".", ".."} for part in parts):
        return "is no plain path of letters, digits and ._/=+,-"
    if scheme == "file" and (parts[0] in _SYSTEM or any(_HIDDEN.match(part) for part in parts)):
        return "is a folder of the system, or a hidden one"
    return None


@dataclass(frozen=True)
class RemoteFolder:
    """A folder by its address; every method raises InfrastructureError where it does not answer.

    Raises:
        ConfigurationError: the driver for the address is not installed.
    """

    address: str

    @classmethod
    def parse(cls, address: str) -> RemoteFolder:
        """Read an address; raises ConfigurationError on one that is none of ours."""
        if (why := trouble(address)) is not None:
            raise ConfigurationError(f"{address} {why}", hint="write an address such as s3://bucket/folder")
        return cls(address)

    def sizes(self) -> dict[str, int]:
        """List the files by name, with their bytes; a folder that is absent is empty."""
        try:
            listed = self.system.ls(self._path(), detail=True)
        except FileNotFoundError:
            return {}
        except Exception as error:  # see `_unanswered`
            self._unanswered("read", error)
        found = {str(item["name"]).rstrip("/").rpartition("/")[2]: item for item in listed if item["type"] == "file"}
        return {name: int(item["size"] or 0) for name, item in sorted(found.items())}

    def walk(self) -> dict[str, int]:
        """List the files of all folders in it by relative name, with their bytes; a folder that is absent is empty."""
        try:
            found = self.system.find(self._path(), withdirs=False, detail=True)
        except FileNotFoundError:
            return {}
        except Exception as error:  # see `_unanswered`
            self._unanswered("read", error)
        start = len(self._path().rstrip("/")) + 1
        return {str(path)[start:]: int(item["size"] or 0) for path, item in sorted(found.items()) if len(path) >= start}

    def fetch(self, name: str, target: Path) -> None:
        """Copy a file to `target` in one step; raises FileNotFoundError where there is none."""
        with writing(target) as temporary:
            try:
                self.system.get_file(self._path(name), str(temporary))
            except FileNotFoundError:
                raise
            except Exception as error:  # see `_unanswered`
                self._unanswered("read", error)

    def read(self, name: str, most: int) -> bytes:
        """Read a file's first bytes, at most so many; raises FileNotFoundError where there is none."""
        path = self._path(name)
        if self.address.startswith("file://") and not Path(path).is_file():  # nobody may ever write into a pipe
            raise FileNotFoundError(path)
        try:
            with self.system.open(path, "rb") as file:
                return bytes(file.read(most))
        except FileNotFoundError:
            raise
        except Exception as error:  # see `_unanswered`
            self._unanswered("read", error)

    def put(self, source: Path, name: str | None = None) -> None:
        """Copy a file here under its name, or another; a reader sees all of it or nothing.

        Doing it again changes nothing.
        """
        final, size = self._path(name or source.name), source.stat().st_size
        try:
            if self.address.startswith("file://"):
                # an object store shows an object when it is whole; a file system needs a rename
                with writing(Path(final)) as temporary:
                    self.system.put_file(str(source), str(temporary))
            else:
                self.system.put_file(str(source), final)
            sent = int(self.system.size(final) or 0)
        except Exception as error:  # see `_unanswered`
            self._unanswered("written", error)
        if sent != size:
            raise InfrastructureError(
                f"{self.address}/{name or source.name} has {sent:,} bytes after a copy, not {size:,}"
            )

    def modified(self, name: str) -> int:
        """Say when a file was written, in microseconds since 1970; raises FileNotFoundError where there is none."""
        try:
            return int(self.system.modified(self._path(name)).timestamp() * 1e6)
        except FileNotFoundError:
            raise
        except Exception as error:  # see `_unanswered`
            self._unanswered("read", error)

    def remove(self, name: str) -> None:
        """Delete a file; one that is not there is none."""
        try:
            self.system.rm_file(self._path(name))
        except FileNotFoundError:
            return
        except Exception as error:  # see `_unanswered`
            self._unanswered("written", error)

    def _path(self, name: str = "") -> str:
        return str(self.system._strip_protocol(f"{self.address}/{name}" if name else self.address))

    @cached_property
    def system(self) -> Any:
        """Open fsspec's driver; nothing is asked yet."""
        import fsspec

        scheme = self.address.partition("://")[0]
        try:
            # no listing is remembered: another process writes what this one waits for
            return fsspec.filesystem(scheme, skip_instance_cache=True, use_listings_cache=False)
        except ImportError as error:
            driver = SCHEMES[scheme]
            raise ConfigurationError(
                f"nothing here reads {self.address}: {driver} is not installed", hint=f"pip install {driver}"
            ) from error

    def _unanswered(self, done: str, error: Exception) -> NoReturn:
        """Say what a driver raised while it was opened or asked, the only code that is held in these `try` blocks.

        Each driver has errors of its own (botocore's, Google's, Azure's) that share no base but `Exception`.
        """
        if isinstance(error, MlopsError):
            raise error
        said = " ".join(str(error).split())[:300] or type(error).__name__
        raise InfrastructureError(
            f"{self.address} cannot be {done}: {said}",
            hint="check the address, and the rights of who signed in (`ci.cloud` for a workflow)",
        ) from error
