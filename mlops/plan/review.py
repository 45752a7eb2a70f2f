"""What a proposed change goes through before it is merged, whatever engine does it: run, judged, one verdict."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Review:
    """The chain of a pull request: where, on what, for how long, on how many machines side by side.

    What its jobs do stands in `plan.shell`.
    """

    branch: str = "main"
    image: str = ""
    runner: tuple[str, ...] = ()
    """Labels that a machine must carry; any machine where there are none."""
    timeout: int = 60
    jobs: int = 32
    install: str = "lock"
