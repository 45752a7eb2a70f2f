"""What a proposed change goes through before it is merged, whatever engine does it: run, judged, one verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlops.files.compiled_text import Value


@dataclass(frozen=True)
class Review:
    """The chain of a pull request: where, on what, for how long, on how many machines side by side.

    What its jobs do stands in `plan.shell`.
    """

    branch: str = "main"
    runner: tuple[str, ...] = ()
    """Labels that a machine must carry; any machine where there are none."""
    timeout: int = 60
    jobs: int = 32
    install: str = "lock"
    own: Mapping[str, Value] = field(default_factory=dict)
    """The keys that the engine alone has."""
