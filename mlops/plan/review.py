"""What a proposed change goes through before it is merged, whatever engine does it: run, judged, one verdict."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Review:
    """The chain of a pull request: where, on what, for how long; and the lines of shell that no engine words otherwise.

    They leave the exit code to be told, and take what they need from shell variables: `BASE` is the commit that the
    change is compared with, `PIPELINES` and `RECORDED` are names with blanks between them.
    """

    engine: str
    branch: str
    image: str
    runner: tuple[str, ...]
    """Labels that a machine must carry; any machine where there are none."""
    timeout: int
    jobs: int
    install: str
    find: str
    fetch: str
    run: str
