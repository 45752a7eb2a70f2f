"""A workflow of GitHub's as data: triggers, jobs, steps; expressions and conditions as GitHub reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


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
    """One job; `needs` orders it after others, `matrix` gives a name and its values, or an expression that lists them.

    `cache` says what the job may do with the cache that all jobs of a repository share. `environment` is the protected
    one that the job waits for and whose secrets it may see. Jobs of the same `queue`, of whatever run, go one after the
    other, and none is dropped.
    """

    name: str
    title: str
    runner: tuple[str, ...]
    timeout: int
    steps: tuple[Step, ...]
    permissions: tuple[Permission, ...] = ()
    needs: tuple[str, ...] = ()
    condition: str = ""
    matrix: tuple[str, str | tuple[dict[str, str], ...]] | None = None
    outputs: dict[str, str] = field(default_factory=dict)
    cache: Literal["read", "none"] = "none"
    environment: str = ""
    queue: str = ""


@dataclass(frozen=True)
class Workflow:
    """One workflow file; `name` is also the name of the file.

    A newer run of the same `concurrency` group cancels an older one where `cancel` says so; where it is empty, runs
    wait for each other and none is dropped.
    """

    name: str
    title: str
    triggers: dict[str, Any]
    concurrency: str
    cancel: str
    jobs: tuple[Job, ...]
