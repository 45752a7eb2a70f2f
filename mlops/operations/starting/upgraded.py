"""What an upgrade did, or would do, as a value and as lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from mlops.operations.reviewing.proposal import Proposed
from mlops.operations.starting.pin import FILE, NAME, Pin
from mlops.present.markdown.text import escape
from mlops.present.markdown.upgrade import Stale, upgrade_body


@dataclass(frozen=True)
class Upgraded:
    """From which pin to which; `done` is `nothing to do`, `would be written`, `written` or `proposed`.

    `files` are all that change, `migrated` the YAML among them with what changed in it, `packages` what moves in the
    lock, `kept` what people had added to it. `unentered` are pipelines that were judged before there was a ledger.
    """

    before: Pin
    after: Pin
    done: str
    files: tuple[str, ...] = ()
    stale: tuple[Stale, ...] = ()
    migrated: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    packages: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    unentered: tuple[str, ...] = ()
    undo: str = ""
    proposed: Proposed | None = None

    @property
    def same(self) -> bool:
        """Whether the release stays: then all that came is what DVC's remotes need."""
        return self.before == self.after

    @property
    def plain(self) -> dict[str, Any]:
        """Give it as a JSON value."""
        return {
            "schema_version": 1,
            "before": vars(self.before),
            "after": vars(self.after),
            "done": self.done,
            "files": self.files,
            "stale": [vars(stage) for stage in self.stale],
            "migrated": dict(self.migrated),
            "packages": self.packages,
            "kept": self.kept,
            "unentered": self.unentered,
            "pull_request": self.proposed.url if self.proposed else "",
        }


def told(before: Pin, after: Pin) -> str:
    """Say from which release to which; by the hash too where the version alone does not tell them apart."""
    if before == after:
        return before.version
    if before.version != after.version:
        return f"{before.version} → {after.version}"
    return f"{before.version} ({before.digest[:12]}) → {after.version} ({after.digest[:12]})"


def place(pin: Pin) -> str:
    """Say where a wheel comes from."""
    return pin.place or f"{NAME}=={pin.version} of the index"


def body(upgraded: Upgraded) -> str:
    """Say what the pull request of an upgrade shows."""
    before, after = upgraded.before, upgraded.after
    wheels = (
        ("version", before.version, after.version),
        ("SHA-256 of the wheel", f"`{before.digest}`", f"`{after.digest}`"),
        ("from", escape(place(before), 300), escape(place(after), 300)),
    )
    lists = {
        "YAML that changed with the language": tuple(_migrated(upgraded)),
        "The lock": upgraded.packages,
        "Kept in the lock, which the new release does not name": upgraded.kept,
        "Judged before there was a ledger; `mlops enter` begins one": upgraded.unentered,
    }
    judged = "Judged by the new release, and only if nothing changes but pin, lock, compiled files, this YAML, and what"
    stays = f"The release stays: {FILE} lacked what DVC needs for a remote."
    end = f"{stays if upgraded.same else f'{judged} runs record.'} To take it back: `git revert`."
    return upgrade_body(told(before, after), wheels, upgraded.stale, lists, end)


def _migrated(upgraded: Upgraded) -> Iterator[str]:
    return (f"{path}: {says}" for path, all_of_it in upgraded.migrated.items() for says in all_of_it)


def lines(upgraded: Upgraded) -> Iterator[str]:
    """Print what moves, by pipeline what becomes stale and why, and what changed in the YAML."""
    yield f"{told(upgraded.before, upgraded.after)}    {place(upgraded.after)}"
    if upgraded.same:
        yield from (f"  + {package}" for package in upgraded.packages)
    for pipeline, stages in groupby(upgraded.stale, key=lambda stage: stage.pipeline):
        yield pipeline
        yield from (f"  ~ {stage.stage:<12}  {stage.why}" for stage in stages)
    if upgraded.done != "nothing to do" and not upgraded.stale:
        yield "no stage becomes stale"
    yield from _migrated(upgraded)
