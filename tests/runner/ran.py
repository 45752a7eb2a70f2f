"""What GitHub tells of workflow runs that ended, their jobs and artifacts, and of pull requests that were merged."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

_COMMIT = re.compile(r"/repos/[^/]+/[^/]+/commits/(?P<sha>[0-9a-f]{40})/pulls")
_ACTIVITY = re.compile(r"/repos/[^/]+/[^/]+/activity")
_SAID = re.compile(r"/repos/[^/]+/[^/]+/(?:pulls|issues)/(?P<number>\d+)/(?P<what>reviews|commits|events)")
_RUNS = re.compile(r"/repos/[^/]+/[^/]+/actions/workflows/(?P<file>[\w.-]+)/runs")
_JOBS = re.compile(r"/repos/[^/]+/[^/]+/actions/runs/(?P<run>\d+)/jobs")
_ARTIFACTS = re.compile(r"/repos/[^/]+/[^/]+/actions/runs/(?P<run>\d+)/artifacts")
_ZIP = re.compile(r"/repos/[^/]+/[^/]+/actions/artifacts/(?P<id>\d+)/zip")
_BLOB = re.compile(r"/blob/(?P<id>\d+)")


@dataclass
class Ran:
    """Runs, the pull requests that commits of the main branch came with, and events and reviews by pull request.

    The archives that `zips` holds by artifact are given instead of those made from the files of a run.
    """

    runs: list[dict[str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    commits: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    events: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    reviews: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    zips: dict[str, bytes] = field(default_factory=dict)
    expired: set[str] = field(default_factory=set)
    moves: list[dict[str, str]] = field(default_factory=list)
    """What the main branch was before and after each push, the newest first."""

    def ended(self, run: dict[str, Any], jobs: dict[str, str], artifacts: Path) -> None:
        """Note a run that ended, how each of its jobs did, and the folder of its artifacts."""
        number = 100 + len(self.runs)
        url = f"https://github.com/shop/models/actions/runs/{number}"
        self.runs.append(run | {"id": number, "html_url": url, "jobs": jobs, "artifacts": artifacts})

    def merged(self, commit: str, number: int, head: str, *, branch: str = "change", base: str = "main") -> None:
        """Note that a commit of the main branch came with a pull request."""
        pull = {
            "number": number,
            "state": "closed",
            "merged_at": "2026-10-01T12:00:00Z",
            "head": {"ref": branch, "sha": head, "label": f"shop:{branch}", "repo": {"full_name": "shop/models"}},
            "base": {"ref": base, "sha": "0" * 40, "repo": {"full_name": "shop/models"}},
        }
        self.pulls.append(pull)
        self.commits.setdefault(commit, []).append(pull)

    def approved(self, number: int, head: str, by: str) -> None:
        """Note that somebody approved what a pull request is."""
        review = {"user": {"login": by}, "state": "APPROVED", "commit_id": head}
        self.reviews.setdefault(number, []).append(review)

    def answer(self, target: str, scopes: dict[str, str]) -> tuple[int, Any, dict[str, str]] | None:
        """Answer a question about runs or merges; None where it is about something else."""
        path = urlsplit(target).path
        query = {key: values[0] for key, values in parse_qs(urlsplit(target).query).items()}
        if "/actions/" in path:
            if scopes.get("actions") not in ("read", "write"):
                return 403, {"message": "Resource not accessible by integration"}, {}
            return self._about_runs(path, query)
        if _ACTIVITY.fullmatch(path):
            return 200, [move for move in self.moves if move["ref"] == query["ref"]], {}
        if found := _COMMIT.fullmatch(path):
            return 200, _page(self.commits.get(found["sha"], []), query), {}
        if found := _SAID.fullmatch(path):
            said = {"reviews": self.reviews, "events": self.events}.get(found["what"], {})
            return 200, _page(said.get(int(found["number"]), []), query), {}
        return None

    def _about_runs(self, path: str, query: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
        if found := _RUNS.fullmatch(path):
            return 200, {"workflow_runs": _page([_shown(run) for run in self._of(found["file"], query)], query)}, {}
        if found := _JOBS.fullmatch(path):
            jobs = self._run(found["run"])["jobs"]
            return 200, {"jobs": _page([{"name": name, "conclusion": end} for name, end in jobs.items()], query)}, {}
        if found := _ARTIFACTS.fullmatch(path):
            listed = [item for item in self._kept(found["run"]) if item["name"] == query.get("name", item["name"])]
            return 200, {"artifacts": _page(listed, query)}, {}
        if found := _ZIP.fullmatch(path):
            gone = self._named(found["id"])[1] in self.expired
            return (410, {"message": "Artifact has expired"}, {}) if gone else (302, {}, {"Location": found["id"]})
        return 404, {"message": "Not Found"}, {}

    def blob(self, target: str, authorization: str | None) -> tuple[int, bytes] | None:
        """Give the archive of an artifact from where it lies, to whoever brings no token; None for another path."""
        found = _BLOB.fullmatch(urlsplit(target).path)
        if found is None:
            return None
        run, name = self._named(found["id"])
        return (400, b"a token where none belongs") if authorization else (200, self._archive(run, name))

    def _of(self, file: str, query: dict[str, str]) -> list[dict[str, Any]]:
        wanted = {"path": f".github/workflows/{file}"} | {key: query[key] for key in ("event", "head_sha")}
        return [run for run in reversed(self.runs) if all(run[key] == value for key, value in wanted.items())]

    def _run(self, number: str) -> dict[str, Any]:
        return next(run for run in self.runs if run["id"] == int(number))

    def _kept(self, number: str) -> list[dict[str, Any]]:
        names = sorted(path.name for path in self._run(number)["artifacts"].iterdir())
        return [
            {
                "id": int(number) * 1000 + index,
                "name": name,
                "size_in_bytes": len(data := self._archive(self._run(number), name)),
                "expired": name in self.expired,
                "digest": f"sha256:{hashlib.sha256(data).hexdigest()}",
            }
            for index, name in enumerate(names)
        ]

    def _named(self, identity: str) -> tuple[dict[str, Any], str]:
        number, index = divmod(int(identity), 1000)
        return self._run(str(number)), self._kept(str(number))[index]["name"]

    def _archive(self, run: dict[str, Any], name: str) -> bytes:
        return self.zips.get(name) or pack(run["artifacts"] / name)


def pack(folder: Path) -> bytes:
    """Pack a folder; the same files give the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix())
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _shown(run: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in run.items() if key not in ("jobs", "artifacts")}


def _page(rows: list[Any], query: dict[str, str]) -> list[Any]:
    size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
    return rows[(page - 1) * size : page * size]
