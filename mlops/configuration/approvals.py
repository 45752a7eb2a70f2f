"""`approvals:` of conf/policy.yaml: what becomes of a release or a waiver that nobody who may approve it approved."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from mlops.blocks.block import Block, Day, Items, one_line

Person = Annotated[str, StringConstraints(pattern=r"^@[A-Za-z0-9][A-Za-z0-9_-]*$")]
Team = Annotated[str, StringConstraints(pattern=r"^@[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9_.-]+$")]
Unapproved = Literal["warn", "refuse"]
REFUSE: Unapproved = "refuse"


class BreakGlass(Block):
    """Who may release past review while GitHub cannot be asked for one."""

    people: Annotated[Items[Person], Field(min_length=1)]
    """Their logins; no teams, because nobody can tell who is in one while GitHub is down."""
    days: Annotated[int, Field(ge=1, le=14)] = 3
    """Days after the first until which an owner must have approved it all the same."""


class Approvals(Block):
    """What is asked of reviews that GitHub tells of."""

    releases: Unapproved | None = None
    """Whether a release that no owner approved, or nobody looked whether one did, is only named, or not reconciled.

    Where it is not said, one that no owner approved is named, and one that nobody looked at is not reconciled in CI."""
    waivers: Unapproved = REFUSE
    """Whether a waiver, or an accepted leak, counts where its approval was not looked at; one that was not approved
    never does."""
    members: dict[Team, Items[Person]] = Field(default_factory=dict)
    """Who is in a team that a workflow's token cannot see; of a team named here nobody else is."""
    break_glass: BreakGlass | None = None
    """Who may release while GitHub is down; nobody where absent."""


class Broken(Block):
    """A release past review while GitHub was down, as its file says it."""

    by: Person
    """Who released: one of `approvals.break_glass.people`."""
    reason: Annotated[str, Field(min_length=10, max_length=500), one_line("a reason")]
    """Why it could not wait for a review."""
    since: Day
    """First day, in quotes."""
