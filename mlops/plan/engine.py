"""Whose CI it is, and the jobs that it gets as every engine has them: where they run, for how long, what they hold."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Call:
    """One thing that a job does: lines of shell, or a program of somebody else's by its name."""

    run: str = ""
    uses: str = ""
    variables: tuple[str, ...] = ()
    """Names of the variables that it is given."""
    secrets: tuple[str, ...] = ()
    """Those of them that are secrets."""


@dataclass(frozen=True)
class Job:
    """A job of a compiled file, which `builds` where it needs what a job of another run left."""

    file: str
    name: str
    runner: tuple[str, ...]
    timeout: int
    calls: tuple[Call, ...]
    builds: bool = False


@dataclass(frozen=True)
class Engine:
    """Whoever runs the jobs, by the name of its back end.

    `words` are the same jobs in its own words: no one but its back end reads them.
    """

    name: str = "none"
    folder: str = ".github"
    """Where it looks for CODEOWNERS."""
    jobs: tuple[Job, ...] = ()
    words: object = None
