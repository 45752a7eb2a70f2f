# Made of mlops.files.canonical by `make golden`: do not edit.
"""One spelling for a JSON value, and the SHA-256 digests built on it."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any


def dumps(value: Any) -> str:
    """Spell `value` as JSON with sorted keys and a final newline; raises ValueError on NaN or infinity."""
    return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def digest(data: bytes) -> str:
    """Name `data` by its SHA-256, as `sha256:<64 hexadecimal digits>`."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def digest_file(path: Path) -> str:
    """Name a file's bytes by their SHA-256 without holding them in memory."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def digest_json(value: Any) -> str:
    """Name a JSON value by the digest of its canonical spelling."""
    return digest(dumps(value).encode("utf-8"))


def rounded(value: Any, digits: int = 6) -> Any:
    """Round every float inside `value` to significant `digits`; NaN and infinities become None."""
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, dict):
        return {key: rounded(item, digits) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item, digits) for item in value]
    number = float(value)
    return float(f"{number:.{digits}g}") if math.isfinite(number) else None
