"""What `reports/training.json` says of an ensemble: its members, what each brought, and whether it was better."""

from __future__ import annotations

from mlops.documents.document import Number, Part


class MemberReport(Part):
    """A member: its weight, its own score on validation, and that of the ensemble without it."""

    name: str
    kind: str
    weight: Number
    score: Number | None = None
    without: Number | None = None
    """Of the other members alone, by their weights; on the rows that chose these."""
    size: int = 0
    """Bytes of its graph."""
    operations: int = 0
    """Comparisons and multiplications of one row."""
    again: bool = False
    """Whether it learns from validation rows too before it is released."""
    trial: int | None = None
    """The trial of the search that it is, where it is not its candidate's best."""


class EnsembleReport(Part):
    """A weighted mean of candidates; `score` is on the rows that chose its weights, `apart` on rows that did not.

    `alone` is that of the best single candidate, chosen and measured likewise: it is what `apart` is held to.
    """

    members: tuple[MemberReport, ...] = ()
    score: Number | None = None
    apart: Number | None = None
    alone: Number | None = None
    gain_error: Number | None = None
    """Standard error of the difference of these two: what it takes to be better is 1.64 of it."""
    best: str = ""
    """The best single candidate."""
    best_score: Number | None = None
    draws: int = 0
    size: int = 0
    operations: int = 0
    better: bool = False
    why: str = ""
    """Why there is none."""

    def sentence(self, metric: str) -> str:
        """Say what it is and whether it goes on, in a line.

        Example:
            >>> EnsembleReport(why="no member fits the budget").sentence("auroc")
            'no ensemble: no member fits the budget'
        """
        if self.why:
            return f"no ensemble: {self.why}"
        shares = ", ".join(f"{each.name} {float(each.weight):.0%}" for each in self.members)
        figures = [("-" if value is None else f"{float(value):.4f}") for value in (self.apart, self.alone)]
        judged = "better" if self.better else "not clearly better"
        error = "" if self.gain_error is None else f" (standard error of the difference {float(self.gain_error):.2g})"
        return (
            f"ensemble of {shares}: validation {metric} {figures[0]} by weights chosen on other rows,"
            f" {judged} than the {figures[1]} of the best single one chosen likewise{error}"
        )
