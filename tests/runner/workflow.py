"""A parsed workflow: values may hold expressions as `{"$": text}`."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

_TYPES = {"pull_request": ("opened", "synchronize", "reopened"), "merge_group": ("checks_requested",)}


@dataclass(frozen=True)
class Step:
    """One step; `condition` already says `success()` where the file says nothing about status."""

    identity: str
    condition: str
    body: dict[str, Any]

    @property
    def name(self) -> Any:
        return self.body.get("name") or self.body.get("uses") or f"Run {self.body.get('run')}"

    @property
    def named(self) -> bool:
        """Whether the file gave it an id: only then may others see its outputs."""
        return "id" in self.body


@dataclass(frozen=True)
class Job:
    """One job of the file, before its matrix."""

    identity: str
    needs: tuple[str, ...]
    condition: str
    steps: tuple[Step, ...]
    body: dict[str, Any]


@dataclass(frozen=True)
class Workflow:
    """One workflow file."""

    file: str
    jobs: tuple[Job, ...]
    triggers: dict[str, Any]
    body: dict[str, Any]

    @classmethod
    def of(cls, file: str, answer: dict[str, Any]) -> Workflow:
        """Take what GitHub's parser said."""
        jobs = []
        for job in answer["jobs"]:
            body = answer["tree"]["jobs"][job["id"]]
            steps = zip(job["steps"], body.get("steps", []), strict=True)
            made = tuple(Step(step["id"], step["if"], raw) for step, raw in steps)
            jobs.append(Job(job["id"], tuple(job["needs"]), job["if"], made, body))
        return cls(file, tuple(jobs), answer["events"], answer["tree"])

    def job(self, identity: str) -> Job:
        return next(job for job in self.jobs if job.identity == identity)

    def ancestors(self, job: Job) -> frozenset[str]:
        """Name every job that this one waits for, directly or not."""
        found = set(job.needs)
        for need in job.needs:
            found |= self.ancestors(self.job(need))
        return frozenset(found)

    def starts_on(self, event: str, branch: str, action: str, paths: tuple[str, ...] = ()) -> bool:
        """Whether an event on a branch that changed these paths starts the workflow."""
        if event not in self.triggers:
            return False
        if event == "schedule":
            return True
        filters = self.triggers[event] or {}
        if event != "push":
            assert not {"paths", "paths-ignore"} & set(filters), "a required check must not be filtered by path"
        elif "paths" in filters and not any(
            fnmatchcase(path, pattern) for path in paths for pattern in filters["paths"]
        ):
            return False
        types = filters.get("types") or _TYPES.get(event, (action,))
        branches = filters.get("branches") or ["**"]
        return action in types and any(fnmatchcase(branch, pattern) for pattern in branches)
