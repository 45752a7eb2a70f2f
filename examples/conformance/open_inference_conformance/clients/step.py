"""A step that a client goes, and how all are told."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Step = tuple[str, Callable[[], str | None]]
"""What is tried, and a function that says what is wrong, or raises."""


def given() -> tuple[str, str, dict[str, Any]]:
    """Read URL, name of the model and the request that it should answer from the command line."""
    if len(sys.argv) != 4:
        raise SystemExit("usage: python -m open_inference_conformance.clients.NAME URL MODEL REQUEST.json")
    return sys.argv[1].rstrip("/"), sys.argv[2], dict(json.loads(Path(sys.argv[3]).read_bytes()))


def tell(steps: list[Step]) -> None:
    """Go all steps and print what came of them; one that raises, whatever it is, is a step that fails."""
    found = []
    for name, go in steps:
        try:
            words = go()
        except Exception as error:  # another's client raises what it likes
            words = f"{type(error).__name__}: {str(error)[:300]}"
        found.append({"check": name, "said": "holds" if words is None else "fails", "words": words or ""})
    print(json.dumps(found, indent=1))


def agreed(wanted: object, found: object, what: str) -> str | None:
    """Say where two things differ."""
    return None if wanted == found else f"{what}: {found!r}, and by hand {wanted!r}"
