"""Where DVC keeps what Git does not, as the committed `.dvc/config` says."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlops.errors import InfrastructureError, MlopsError

FILE = ".dvc/config"
_REMOTE = re.compile(r"""'?remote "(?P<name>[^"]*)"'?""")


def remote(root: Path) -> str:
    """Give the URL of the default remote; empty where there is none, or none that can be read."""
    parser = _read(root)
    name = parser.get("core", "remote", fallback="")
    return parser.get(f"'remote \"{name}\"'", "url", fallback="")


def remotes(root: Path) -> dict[str, str]:
    """List the URLs of all remotes by name; none where the file cannot be read."""
    parser = _read(root)
    found = ((_REMOTE.fullmatch(section), section) for section in parser.sections())
    return {named["name"]: parser.get(section, "url", fallback="").strip("'\"") for named, section in found if named}


@contextmanager
def answering(refused: str, hint: str) -> Iterator[None]:
    """Say in a sentence what DVC, or the driver of its remote, raises in a block.

    Drivers have errors of their own (botocore's, Google's, Azure's) that share no base but `Exception`. Python's own
    are left as they are: the system's are told elsewhere, and any other is a defect of this program's.

    Raises:
        InfrastructureError: `refused`, and what was said.
    """
    try:
        yield
    except Exception as error:  # see above
        if isinstance(error, MlopsError) or type(error).__module__ == "builtins":
            raise
        said = str(error).splitlines()[:1] or [type(error).__name__]
        raise InfrastructureError(f"{refused}: {said[0][:200]}", hint=hint) from error


def _read(root: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(root / FILE, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return configparser.ConfigParser()
    return parser
