"""A CI workflow as data: triggers, jobs, steps. What GitHub or another system calls them is a back end's business."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Permission:
    """One privilege of a job, and why the job needs it."""

    scope: str
    access: Literal["read", "write"]
    why: str


@dataclass(frozen=True)
class Step:
    """One command, or one use of a pinned action; values reach the shell as environment variables only."""

    name: str
    run: str = ""
    uses: str = ""
    inputs: dict[str, str | int | bool] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    identity: str = ""
    condition: str = ""


@dataclass(frozen=True)
class Job:
    """One job; `needs` orders it after others, `matrix` gives a name and an expression that lists its values.

    `cache` says what the job may do with the cache that all jobs of a repository share.
    """

    name: str
    title: str
    runner: tuple[str, ...]
    timeout: int
    steps: tuple[Step, ...]
    permissions: tuple[Permission, ...] = ()
    needs: tuple[str, ...] = ()
    condition: str = ""
    matrix: tuple[str, str] | None = None
    outputs: dict[str, str] = field(default_factory=dict)
    cache: Literal["read", "none"] = "none"


@dataclass(frozen=True)
class Workflow:
    """One workflow file; `name` is also the name of the file."""

    name: str
    title: str
    triggers: dict[str, dict[str, list[str]]]
    concurrency: str
    cancel: str
    jobs: tuple[Job, ...]
