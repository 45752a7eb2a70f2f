"""Where DVC keeps what Git does not, as the committed `.dvc/config` says."""

from __future__ import annotations

import configparser
from pathlib import Path


def remote(root: Path) -> str:
    """Give the URL of the default remote; empty where there is none, or none that can be read."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(root / ".dvc" / "config", encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return ""
    name = parser.get("core", "remote", fallback="")
    return parser.get(f"'remote \"{name}\"'", "url", fallback="")
