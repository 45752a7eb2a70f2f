"""The text of an upgrade's pull request: what moves, what that makes stale, what changed in the YAML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from mlops.present.markdown.text import escape, table

_MOST = 40  # lines of a list that somebody reads


@dataclass(frozen=True)
class Stale:
    """A stage that will run again: its own reasons, and the stages that it follows."""

    pipeline: str
    stage: str
    reasons: tuple[str, ...]
    follows: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """Say it in words."""
        return "; ".join(self.reasons) or f"follows {', '.join(self.follows)}"


@dataclass(frozen=True)
class Upgrade:
    """The evidence of an upgrade: `wheels` are a property of both each, `lists` a title and what stands under it."""

    releases: str
    wheels: tuple[tuple[str, str, str], ...]
    stale: tuple[Stale, ...]
    lists: tuple[tuple[str, tuple[str, ...]], ...]
    end: str


def upgrade_body(upgrade: Upgrade) -> str:
    """Write the evidence of an upgrade; nothing of a repository is read as Markdown."""
    return "\n".join(_lines(upgrade)) + "\n"


def _lines(upgrade: Upgrade) -> Iterator[str]:
    yield f"**mlops {upgrade.releases}**"
    yield ""
    yield from table(("", "before", "after"), upgrade.wheels)
    yield ""
    if upgrade.stale:
        yield from table(("pipeline", "stale stage", "why"), _stale(upgrade.stale))
    else:
        yield "No stage becomes stale."
    for title, items in upgrade.lists:
        yield from _list(title, items)
    yield ""
    yield upgrade.end


def _stale(found: Sequence[Stale]) -> Iterator[tuple[str, str, str]]:
    for pipeline, stages in groupby(found, key=lambda stage: stage.pipeline):
        yield from ((pipeline, stage.stage, escape(stage.why, 300)) for stage in stages if stage.reasons)
        following = [s.stage for s in found if s.pipeline == pipeline and not s.reasons]
        if following:
            yield pipeline, ", ".join(following), "follow" if len(following) > 1 else "follows"


def _list(title: str, items: tuple[str, ...]) -> Iterator[str]:
    if items:
        yield ""
        yield f"{title}:"
        yield ""
        yield from (f"- {escape(item, 300)}" for item in items[:_MOST])
        if len(items) > _MOST:
            yield f"- and {len(items) - _MOST} more"
