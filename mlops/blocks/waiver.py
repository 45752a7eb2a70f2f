"""`conf/waiver/<pipeline>.yaml`: what a rule may miss, until when, and who answers for it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from mlops.blocks.block import Block, Day, Items, Owner, one_line, refuse_longer, refuse_own

LONGEST = 30
"""Days that a waiver may hold: long enough to repair a model, too short to live with a broken one."""

AFTER = "release.after"
"""What is waived where a bundle is released though it was not live in the environment before."""
LONGEST_AFTER = 7
"""Days that such a waiver may hold: long enough for an emergency."""


class Waiver(Block):
    """One rule that may be missed for a while."""

    rule: str
    """Id of the rule, as `mlops gate NAME --explain` prints it; or `release.after`, the order of environments."""
    slice: str | None = None
    """The only slice that is waived; every slice of the rule where it is not given."""
    reason: Annotated[str, Field(min_length=10, max_length=500), one_line("a reason")]
    """Why this is acceptable for now; it is shown wherever the verdict is."""
    owner: Owner
    """Who asks for it and repairs the cause."""
    approver: Owner
    """Who allows it; never the owner."""
    granted: Day
    """First day, in quotes."""
    expires: Day
    """Last day, at most 30 days after the first (7 for `release.after`), in quotes."""

    @model_validator(mode="after")
    def _bounded(self) -> Waiver:
        longest, what = (LONGEST_AFTER, f"a waiver of `{AFTER}`") if self.rule == AFTER else (LONGEST, "a waiver")
        refuse_longer(what, self.granted, self.expires, longest)
        refuse_own("a waiver", self.owner, self.approver)
        return self


class Waivers(Block):
    """The waivers of one pipeline."""

    waivers: Annotated[Items[Waiver], Field(min_length=1)]
    """One entry a rule, or a slice of one; remove the file with the last."""
