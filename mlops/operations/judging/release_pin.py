"""The release that a repository runs on, as a pull request changes it: alone, to one that nobody refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from packaging.version import Version

from mlops import __version__
from mlops.compiler.files import PLACES, render
from mlops.configuration.policy import Policy
from mlops.diagnostics import Diagnostic, Position
from mlops.errors import ConfigurationError
from mlops.files.compiled_text import MARK
from mlops.files.generated import begins
from mlops.operations.compiling.gone import IGNORED
from mlops.operations.declared.policy import policy_at
from mlops.operations.external_inputs import within
from mlops.operations.git import changed_files, file_at, git
from mlops.operations.language.schema import check_files, files
from mlops.operations.starting.migrations import MIGRATIONS, Migration, migrate
from mlops.operations.starting.pin import FILE, HEADER, Pin, parse
from mlops.operations.starting.upgraded import told
from mlops.operations.workspace import Workspace

_PLACE = Position(FILE, HEADER.count("\n") + 2)
_RECORDED = re.compile(r"dvc\.lock|pipelines/(catalogue\.json|[^/]+/(dvc\.lock|ledger/.+))")
_SHOWN = 5


def refused_release(workspace: Workspace) -> list[Diagnostic]:
    """Find a pin that the policy refuses."""
    return _refused(workspace, workspace.policy, "conf/policy.yaml")


def not_alone(workspace: Workspace, commit: str, migrations: tuple[Migration, ...] = MIGRATIONS) -> list[Diagnostic]:
    """Find what is wrong with a change of the pin since a commit; nothing where that commit had none.

    Raises:
        ConfigurationError: the policy of that commit cannot be read.
    """
    policy = policy_at(workspace.root, commit)
    said = f"conf/policy.yaml of {commit[:8]}, which this change is judged by,"
    found = [] if policy is None else _refused(workspace, policy, said)
    before = _pin(file_at(workspace.root, commit, FILE))
    if before is None or workspace.project.ci.install != "lock":
        return found
    try:
        after = _read(workspace.root)
    except ConfigurationError as error:
        return [*found, Diagnostic(_PLACE, error.message, error.hint, "upgrade-alone")]
    if after == before:
        return found
    change = _Change(workspace, commit, before, after, migrations)
    return [*found, *_by_another(change), *_mixed(change)]


@dataclass(frozen=True)
class _Change:
    """A pin that moved between a commit and the work tree."""

    workspace: Workspace
    commit: str
    before: Pin
    after: Pin
    migrations: tuple[Migration, ...]


def _by_another(change: _Change) -> Iterator[Diagnostic]:
    """Say so where this is not the release that the change moves to: what is right only that one knows."""
    if change.after.version != __version__:
        message = f"this is mlops {__version__}, and {change.after.version} is pinned: only that release can judge this"
        yield Diagnostic(_PLACE, message, f"install {FILE} as README.md says, then run this again", "upgrade-alone")


def _mixed(change: _Change) -> Iterator[Diagnostic]:
    root, commit = change.workspace.root, change.commit
    mine = {FILE, change.before.file, change.after.file}
    changed = {path for path in changed_files(root, commit, ".") if path not in mine}
    changed -= _compiled(change, changed) | _recorded(change, changed)
    changed -= _migrated(change, changed) | _taken_back(change, changed)
    if changed:
        more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
        others = ", ".join(sorted(changed)[:_SHOWN]) + more
        message = f"mlops {told(change.before, change.after)}: an upgrade changes nothing else; also changed: {others}"
        yield Diagnostic(
            _PLACE, message, "split it: one pull request for the upgrade, another for the rest", "upgrade-alone"
        )


def _compiled(change: _Change, changed: set[str]) -> set[str]:
    """Find files that are just what this release writes, and compiled ones that it no longer writes."""
    root = change.workspace.root
    texts = render(change.workspace.plan)
    pages = {"conf/README.md", *files()} - {difference.path for difference in check_files(root)}
    found = {path for path in changed if path in texts and _text(root / path) == texts[path]} | (pages & changed)
    for path in changed - found:
        known = path not in texts and any(fnmatchcase(path, place) for place in (*PLACES, IGNORED))
        if known and not (root / path).exists():
            text = (file_at(root, change.commit, path) or b"").decode(errors="replace")
            found |= {path} if begins(text, MARK) else set()
    return found


def _recorded(change: _Change, changed: set[str]) -> set[str]:
    """Find what runs write and people commit: locks, reports, entries of the ledger."""
    reports = {
        f"{pipeline.folder}/{output.path}"
        for pipeline in change.workspace.plan.pipelines
        for stage in pipeline.stages
        for output in stage.outputs
        if output.committed
    }
    return {path for path in changed if _RECORDED.fullmatch(path) or within(path, reports)}


def _migrated(change: _Change, changed: set[str]) -> set[str]:
    root = change.workspace.root
    old = {path: file_at(root, change.commit, path) for path in changed if fnmatchcase(path, "conf/*.yaml")}
    texts = {path: data.decode(errors="replace") for path, data in old.items() if data is not None}
    made = migrate(texts, change.before.version, change.after.version, change.migrations)
    return {path for path, migrated in made.items() if _text(root / path) == migrated.text}


def _taken_back(change: _Change, changed: set[str]) -> set[str]:
    """Find what `git revert` of the upgrade gives: files that it changed, and nobody since, as they were before it."""
    root = change.workspace.root
    if Version(change.after.version) > Version(change.before.version):
        return set()
    newest = git(root, "log", "-1", "--first-parent", "--format=%H", change.commit, "--", FILE).stdout.decode().strip()
    earlier = f"{newest}^"
    if not newest or _pin(file_at(root, earlier, FILE)) != change.after:
        return set()
    return {
        path
        for path in changed
        if file_at(root, newest, path) == file_at(root, change.commit, path)
        and file_at(root, earlier, path) == _bytes(root / path)
    }


def _refused(workspace: Workspace, policy: Policy, said: str) -> list[Diagnostic]:
    # a repository that pins nothing refuses nothing; where the base did pin, `not_alone` says so
    pin = _pin(_bytes(workspace.root / FILE))
    entry = None if pin is None else policy.versions.refuses(pin.version)
    if pin is None or entry is None:
        return []
    message = f"mlops {pin.version} must not be used: {said} refuses `{entry}`"
    return [Diagnostic(_PLACE, message, "name another release: mlops upgrade --to VERSION", "release-refused")]


def _read(root: Path) -> Pin:
    data = _bytes(root / FILE)
    if data is None:
        raise ConfigurationError(f"{FILE} is gone: it pins the release that judges", hint="take it back from Git")
    return parse(data.decode(errors="replace")).pin


def _pin(data: bytes | None) -> Pin | None:
    try:
        return None if data is None else parse(data.decode(errors="replace")).pin
    except ConfigurationError:
        return None


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _text(path: Path) -> str | None:
    data = _bytes(path)
    return None if data is None else data.decode(errors="replace")
