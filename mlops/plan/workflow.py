"""A CI workflow as data: triggers, jobs, steps. What GitHub or another system calls them is a back end's business."""

from __future__ import annotations

from dataclasses import dataclass, field


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
    """One job; `needs` orders it after others, `matrix` is an expression that gives its list of pipelines."""

    name: str
    title: str
    runner: str
    timeout: int
    steps: tuple[Step, ...]
    permissions: dict[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    condition: str = ""
    matrix: str = ""
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Workflow:
    """One workflow file; `name` is also the name of the file."""

    name: str
    title: str
    triggers: dict[str, dict[str, list[str]]]
    concurrency: str
    cancel: str
    jobs: tuple[Job, ...]
