"""`leak:` of conf/accept/<pipeline>.yaml: columns that tell the target almost alone, and are known beforehand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import Field, model_validator

from mlops.blocks.block import Block, Column, Day, Items, Owner, one_line, refuse_longer, refuse_own

LONGEST = 366
"""Days that it may hold: when a column is written is a matter of other people's systems, which change."""
DATED = ("owner", "approver", "since", "until")
"""Keys that stand together."""
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class AcceptedLeak(Block):
    """What looks like a leak and is none; reviewed by the policy's owners, and in force once it is merged."""

    columns: Annotated[Items[Column], Field(min_length=1)]
    """The columns that a result too good to be true may hang on: every one is known when a prediction is asked for."""
    reason: Annotated[str, Field(min_length=10, max_length=500), one_line("a reason")]
    """How they are known beforehand; it is shown wherever the finding is."""
    owner: Owner | None = None
    """Who asks for it and looks again before it ends."""
    approver: Owner | None = None
    """Who allows it; never the owner."""
    since: Day | None = None
    """First day, in quotes."""
    until: Day | None = None
    """Last day, at most 366 days after the first, in quotes: what is known beforehand changes as systems do."""

    @model_validator(mode="after")
    def _bounded(self) -> AcceptedLeak:
        """Hold one that ends to the rules of a waiver; one of an earlier release has no end, and is warned of."""
        absent = [name for name in DATED if getattr(self, name) is None]
        if absent and len(absent) < len(DATED):
            raise ValueError(f"an accepted leak that ends needs {', '.join(f'`{name}`' for name in absent)} too")
        if self.owner and self.approver and self.since and self.until:
            refuse_longer("an accepted leak", self.since, self.until, LONGEST)
            refuse_own("an accepted leak", self.owner, self.approver)
        return self

    @property
    def told(self) -> str:
        """Say until when it holds and by whom, where it ends, and why."""
        return f"accepted{f' until {self.until} by {self.approver}' if self.until else ''}: {self.reason}"


def cure(columns: Iterable[str]) -> str:
    """Say what to type about columns that give the target away.

    >>> cure(["paid", "closed at"])[:66]
    'leave out what is known only afterwards (`exclude: {after_outcome:'
    """
    names = ", ".join(name if _PLAIN.fullmatch(name) else json.dumps(name, ensure_ascii=False) for name in columns)
    return (
        f"leave out what is known only afterwards (`exclude: {{after_outcome: [{names}]}}` in the data block), or, "
        "where all of it is known when a prediction is asked for, accept it in conf/accept/PIPELINE.yaml "
        f"(`leak: {{columns: [{names}], reason: ...}}`)"
    )
