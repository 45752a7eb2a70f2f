"""What applying the release files did: a row an environment and model."""

from __future__ import annotations

from dataclasses import dataclass

from mlops.operations.reviewing.approvals import Approval


@dataclass(frozen=True)
class Row:
    """One model: what should be, what was, what was done; `code` is the exit code that it deserves.

    `action` is `in sync`, `moved`, `healed`, `failed`, `not named any more` or `pruned`; of a dry run, `would move`,
    `would heal`, `would prune`; `proved` where the registry does not answer and the bundle is as it should be. `drift`
    says what somebody else changed since it was last reconciled.
    """

    name: str
    should: str | None
    was: str
    action: str
    drift: tuple[str, ...] = ()
    writes: int = 0
    problem: str = ""
    code: int = 0
    hint: str = ""
    approval: Approval | None = None


@dataclass(frozen=True)
class Reconciled:
    """Every model of an environment, sorted by name, as of a commit."""

    environment: str
    commit: str
    rows: tuple[Row, ...]

    @property
    def writes(self) -> int:
        """Count what was written anywhere."""
        return sum(row.writes for row in self.rows)

    @property
    def code(self) -> int:
        """Give the exit code: bytes that are wrong before a world that is absent before anything else."""
        codes = {row.code for row in self.rows}
        return next((code for code in (5, 6, 2, 7, 4, 3) if code in codes), 0)
