"""The text of an upgrade's pull request: what moves, what that makes stale, what changed in the YAML."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from mlops.files.markdown import escape
from mlops.operations.starting.pin import FILE
from mlops.operations.starting.upgraded import Upgraded, place, told

_MOST = 40  # lines of a list that somebody reads


def upgrade_body(upgraded: Upgraded) -> str:
    """Write the evidence of an upgrade; nothing of a repository is read as Markdown."""
    return "\n".join(_lines(upgraded)) + "\n"


def _lines(upgraded: Upgraded) -> Iterator[str]:
    yield f"**mlops {told(upgraded.before, upgraded.after)}**"
    yield ""
    yield "|  | before | after |"
    yield "| --- | --- | --- |"
    yield f"| version | {upgraded.before.version} | {upgraded.after.version} |"
    yield f"| SHA-256 of the wheel | `{upgraded.before.digest}` | `{upgraded.after.digest}` |"
    yield f"| from | {escape(place(upgraded.before), 300)} | {escape(place(upgraded.after), 300)} |"
    yield from _stale(upgraded)
    yield from _list("YAML that changed with the language", _migrated(upgraded))
    yield from _list("The lock", upgraded.packages)
    yield from _list("Kept in the lock, which the new release does not name", upgraded.kept)
    yield from _list("Judged before there was a ledger; `mlops enter` begins one", upgraded.unentered)
    yield ""
    if not upgraded.same:
        yield (
            "Judged by the new release, and only if nothing changes but pin, lock, compiled files, this YAML, and what "
            "runs record. To take it back: `git revert`."
        )
    else:
        yield f"The release stays: {FILE} lacked what DVC needs for a remote. To take it back: `git revert`."


def _stale(upgraded: Upgraded) -> Iterator[str]:
    yield ""
    if not upgraded.stale:
        yield "No stage becomes stale."
        return
    yield "| pipeline | stale stage | why |"
    yield "| --- | --- | --- |"
    for pipeline, stages in groupby(upgraded.stale, key=lambda stage: stage.pipeline):
        own = [stage for stage in stages if stage.reasons]
        for stage in own:
            yield f"| {pipeline} | {stage.stage} | {escape(stage.why, 300)} |"
        following = [s.stage for s in upgraded.stale if s.pipeline == pipeline and not s.reasons]
        if following:
            yield f"| {pipeline} | {', '.join(following)} | {'follow' if len(following) > 1 else 'follows'} |"


def _migrated(upgraded: Upgraded) -> tuple[str, ...]:
    return tuple(f"{path}: {says}" for path, all_of_it in upgraded.migrated.items() for says in all_of_it)


def _list(title: str, items: tuple[str, ...]) -> Iterator[str]:
    if items:
        yield ""
        yield f"{title}:"
        yield ""
        yield from (f"- {escape(item, 300)}" for item in items[:_MOST])
        if len(items) > _MOST:
            yield f"- and {len(items) - _MOST} more"
