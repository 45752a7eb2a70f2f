"""What judging a run cost, beside what the run itself took: at most 0.3 of that, or a minute."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SHARE, LEAST = 0.3, 60.0
_FILE = "seconds"
_DIGITS = 8


@dataclass(frozen=True)
class Cost:
    """Seconds that judging took, and those of the run; `run` is None where nobody told, or nothing ran.

    The run's are told by the job that ran, which runs code of the change: they decide nothing.

    >>> Cost(3.7, 18).told
    '3.7 s of 60 s allowed: 0.21 of its run'
    >>> Cost(70, 100).beyond
    True
    """

    seconds: float
    run: int | None = None

    @classmethod
    def of(cls, seconds: float, evidence: Path | None) -> Cost:
        """Read what the job that ran says that the run took."""
        return cls(seconds, None if evidence is None else _told(evidence / _FILE))

    @property
    def told(self) -> str:
        """Say it in words, beside what is allowed."""
        share = "" if self.run is None else f": {self.seconds / self.run:.2g} of its run"
        return f"{self.seconds:.1f} s of {self.allowed:.0f} s allowed{share}"

    @property
    def allowed(self) -> float:
        """How many seconds anybody should wait for it."""
        return max(LEAST, SHARE * (self.run or 0))

    @property
    def beyond(self) -> bool:
        """Whether it is more."""
        return self.seconds > self.allowed


def _told(file: Path) -> int | None:
    try:
        with file.open("rb") as said:
            text = said.read(_DIGITS + 1).decode(errors="replace").strip()
    except OSError:
        return None
    return int(text) or None if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None
