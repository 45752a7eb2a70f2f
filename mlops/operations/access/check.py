"""One thing that the doctor looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One thing looked at; `inconclusive` is worth a look, `fail` stops work."""

    name: str
    verdict: str
    message: str
    hint: str = ""
