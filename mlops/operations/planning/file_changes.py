"""Which compiled files change, in lines: against a commit, or against what is on disk."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from dataclasses import replace

from mlops.compiler.files import PLACES, render, render_deploy
from mlops.configuration.load import names as pipeline_names
from mlops.documents.change_report import FileChange
from mlops.files.compiled_text import MARK
from mlops.files.generated import left_over
from mlops.operations.git import files_at
from mlops.operations.workspace import Workspace

_MANIFEST = re.compile(r"pipelines/[^/]+/deploy/")


def file_changes(workspace: Workspace, commit: str | None, names: Collection[str]) -> dict[str, tuple[FileChange, ...]]:
    """Count changed lines of the files of the named pipelines, and under "" of those that belong to no pipeline."""
    plan = workspace.plan
    whole = len(plan.pipelines) == len(pipeline_names(workspace.configuration))
    files = render(replace(plan, pipelines=tuple(each for each in plan.pipelines if each.name in names)))
    files = {path: text for path, text in files.items() if (whole or _owner(path)) and not _MANIFEST.match(path)}
    old = _on_disk(workspace, files) if commit is None else files_at(workspace.root, commit, files)
    found: dict[str, list[FileChange]] = {}
    for path, text in files.items():
        before = old.get(path, b"").decode("utf-8", errors="replace")
        if before != text:
            found.setdefault(_owner(path), []).append(_count(path, before, text))
    return {name: tuple(changes) for name, changes in found.items()}


def manifest_changes(
    workspace: Workspace, commit: str | None, changed: Collection[str]
) -> dict[str, tuple[FileChange, ...]]:
    """Show, by pipeline, how files change that its targets are set up by; `changed` are files that differ in Git.

    One that nothing compiles any more changes to nothing.
    """
    names = {pipeline.name for pipeline in workspace.plan.pipelines}
    files = render_deploy(workspace.plan)
    places = tuple(place for place in PLACES if _MANIFEST.match(place))
    gone = [path for path in changed if _MANIFEST.match(path) and not (workspace.root / path).exists()]
    gone += left_over(workspace.root, files, mark=MARK, places=places)
    files = {path: "" for path in gone if path.split("/")[1] in names} | files
    old = _on_disk(workspace, files) if commit is None else files_at(workspace.root, commit, sorted(files))
    found: dict[str, list[FileChange]] = {}
    for path, text in sorted(files.items()):
        before = old.get(path, b"").decode("utf-8", errors="replace")
        if before != text:
            shown = list(difflib.unified_diff(before.splitlines(), text.splitlines(), lineterm=""))[2:]
            change = replace(_count(path, before, text), diff="\n".join(shown))
            found.setdefault(path.split("/")[1], []).append(change)
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
