"""Where DVC keeps what Git does not, as the committed `.dvc/config` says."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

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


def _read(root: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(root / FILE, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return configparser.ConfigParser()
    return parser
