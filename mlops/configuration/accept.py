"""`conf/accept/<pipeline>.yaml`: what is known to be wrong with a feed, until when, and who answers for it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from mlops.blocks.accepted_leak import AcceptedLeak
from mlops.blocks.block import Block, Column, Day, Items, Owner, Share, one_line, refuse_longer, refuse_own

LONGEST = 90
"""Days that an acceptance may hold: long enough for a retraining to be merged and released."""

_OF_A_COLUMN = ("nulls", "unseen", "outside", "schema")
_OF_A_SHARE = ("nulls", "unseen", "outside", "refused")


class Acceptance(Block):
    """One incident of the data that is no news: it is told, and no longer stops what follows."""

    check: Literal["nulls", "unseen", "outside", "schema", "volume", "refused"]
    """What the monitor calls the incident."""
    column: Column | None = None
    """The column that it is about; none for `volume` and `refused`, which are about a window as a whole."""
    at_most: Share | None = None
    """Share up to which it is known, for `nulls`, `unseen`, `outside` and `refused`: a larger one is news again."""
    cause: Annotated[str, Field(min_length=10, max_length=500), one_line("a cause")]
    """Why it is so, and why that is acceptable; it is shown wherever the incident is."""
    owner: Owner
    """Who asks for it and repairs the cause, or retrains."""
    approver: Owner
    """Who allows it; never the owner."""
    since: Day
    """First day of windows that it is about, in quotes; it may lie before the day of the merge."""
    until: Day
    """Last day, at most 90 days after the first, in quotes."""

    @model_validator(mode="after")
    def _bounded(self) -> Acceptance:
        refuse_longer("an acceptance", self.since, self.until, LONGEST)
        refuse_own("an acceptance", self.owner, self.approver)
        if (self.column is None) == (self.check in _OF_A_COLUMN):
            wanted = "needs the `column` that it is about" if self.column is None else "is about no `column`"
            raise ValueError(f"an incident of `{self.check}` {wanted}")
        if (self.at_most is None) == (self.check in _OF_A_SHARE):
            wanted = (
                "needs `at_most`, the share that is known" if self.at_most is None else "has no share: no `at_most`"
            )
            raise ValueError(f"an incident of `{self.check}` {wanted}")
        return self

    @property
    def told(self) -> str:
        """Say until when it holds, by whom, and why."""
        return f"accepted until {self.until} by {self.approver}: {self.cause}"


class Acceptances(Block):
    """What is accepted of one pipeline: incidents of its feed, columns that look like a leak."""

    accepted: Items[Acceptance] = ()
    """One entry an incident; remove the file with the last."""
    leak: AcceptedLeak | None = None

    @model_validator(mode="after")
    def _something(self) -> Acceptances:
        if not self.accepted and self.leak is None:
            raise ValueError("nothing is accepted: name an incident in `accepted`, or `leak`, or remove the file")
        return self
