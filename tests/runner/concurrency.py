"""What GitHub does with runs that share a concurrency group, as a discrete simulation.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#concurrency
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

LONGEST = 100  # runs that wait in a group with `queue: max`


@dataclass
class Group:
    """One group: a run that is going, those that wait, those that were dropped, those that ended."""

    settings: dict[str, Any]
    going: int | None = None
    waiting: list[int] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)

    def arrive(self, run: int) -> None:
        """Take a run: it goes at once where nothing goes, else it waits, or takes another's place."""
        if self.going is not None and self.settings.get("cancel-in-progress") is True:
            self.dropped.append(self.going)
            self.going = None
        if self.going is None:
            self.going = run
            return
        if self.settings.get("queue") != "max":
            self.dropped += self.waiting
            self.waiting = []
        if len(self.waiting) == LONGEST:
            self.dropped.append(run)
            return
        self.waiting.append(run)

    def end(self) -> None:
        """End the run that is going; the first that waits goes."""
        assert self.going is not None
        self.ended.append(self.going)
        self.going = self.waiting.pop(0) if self.waiting else None

    def cancel(self, chance: random.Random) -> None:
        """Let somebody cancel a run that waits."""
        if self.waiting:
            self.dropped.append(self.waiting.pop(chance.randrange(len(self.waiting))))


def simulate(
    settings: dict[str, Any], merges: int, seed: int, *, reads: Callable[[int, int], int], cancels: bool = False
) -> tuple[int, Group]:
    """Merge so many times while runs go; give the commit that is live at last, and what became of the runs.

    A run makes live what it `reads`, given the commit of its event and the branch's when it goes.
    """
    chance = random.Random(seed)
    group, head, live = Group(settings), 0, 0
    while head < merges or group.going is not None:
        moves = ["merge"] * (head < merges) + ["end"] * (group.going is not None) + ["cancel"] * cancels
        move = chance.choice(moves)
        if move == "merge":
            head += 1
            group.arrive(head)
        elif move == "end":
            assert group.going is not None
            live = reads(group.going, head)
            group.end()
        elif head < merges:  # who cancels the very last one has a schedule to wait for
            group.cancel(chance)
    return live, group
