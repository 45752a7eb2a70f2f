"""The text of an upgrade's pull request: what moves, what that makes stale, what changed in the YAML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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


def upgrade_body(
    releases: str,
    wheels: Iterable[tuple[str, str, str]],
    stale: Sequence[Stale],
    lists: Mapping[str, Sequence[str]],
    end: str,
) -> str:
    """Write the evidence of an upgrade: a property of both wheels each, what runs again, lists by their titles.

    Nothing of a repository is read as Markdown.
    """
    lines = [f"**mlops {releases}**", "", *table(("", "before", "after"), wheels), ""]
    lines += table(("pipeline", "stale stage", "why"), _stale(stale)) if stale else ["No stage becomes stale."]
    lines += [line for title, items in lists.items() if items for line in _list(title, items)]
    return "\n".join([*lines, "", end]) + "\n"


def _stale(found: Sequence[Stale]) -> Iterator[tuple[str, str, str]]:
    for pipeline, stages in groupby(found, key=lambda stage: stage.pipeline):
        yield from ((pipeline, stage.stage, escape(stage.why, 300)) for stage in stages if stage.reasons)
        following = [s.stage for s in found if s.pipeline == pipeline and not s.reasons]
        if following:
            yield pipeline, ", ".join(following), "follow" if len(following) > 1 else "follows"


def _list(title: str, items: Sequence[str]) -> Iterator[str]:
    yield from ("", f"{title}:", "")
    yield from (f"- {escape(item, 300)}" for item in items[:_MOST])
    if len(items) > _MOST:
        yield f"- and {len(items) - _MOST} more"
