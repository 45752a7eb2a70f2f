"""Which compiled files change, in lines: against a commit, or against what is on disk."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import replace

from mlops.compiler.files import render
from mlops.configuration.load import names as pipeline_names
from mlops.documents.change_report import FileChange
from mlops.operations.git import files_at
from mlops.operations.workspace import Workspace


def file_changes(workspace: Workspace, commit: str | None, names: Collection[str]) -> dict[str, tuple[FileChange, ...]]:
    """Count changed lines of the files of the named pipelines, and under "" of those that belong to no pipeline."""
    plan = workspace.plan
    whole = len(plan.pipelines) == len(pipeline_names(workspace.configuration))
    files = render(replace(plan, pipelines=tuple(each for each in plan.pipelines if each.name in names)))
    files = {path: text for path, text in files.items() if whole or _owner(path)}
    old = _on_disk(workspace, files) if commit is None else files_at(workspace.root, commit, files)
    found: dict[str, list[FileChange]] = {}
    for path, text in files.items():
        before = old.get(path, b"").decode("utf-8", errors="replace")
        if before != text:
            found.setdefault(_owner(path), []).append(_count(path, before, text))
    return {name: tuple(changes) for name, changes in found.items()}


def _on_disk(workspace: Workspace, paths: Collection[str]) -> dict[str, bytes]:
    places = {path: workspace.root / path for path in paths}
    return {path: place.read_bytes() for path, place in places.items() if place.is_file()}


def _owner(path: str) -> str:
    parts = path.split("/")
    return parts[1] if len(parts) == 3 and parts[0] == "pipelines" else ""


def _count(path: str, before: str, after: str) -> FileChange:
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0))[2:]
    added, removed = (sum(line.startswith(mark) for line in lines) for mark in "+-")
    return FileChange(path, added, removed)
