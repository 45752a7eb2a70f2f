"""What candidates are worth together: a row a member, with what the others are worth without it."""

from __future__ import annotations

from dataclasses import dataclass

from mlops.documents.ensemble import EnsembleReport, MemberReport
from mlops.ml.evaluation.judging.names import called
from mlops.present.report.words import count, figure


@dataclass(frozen=True)
class MemberRow:
    """A member of the ensemble."""

    name: str
    kind: str
    weight: str
    score: str
    without: str
    kilobytes: str
    operations: str


@dataclass(frozen=True)
class EnsembleSection:
    """An ensemble, as the page shows it."""

    metric: str
    note: str
    rows: tuple[MemberRow, ...]


def ensemble(report: EnsembleReport | None, select_by: str) -> EnsembleSection | None:
    """Lay out an ensemble; None where none was asked for."""
    if report is None:
        return None
    metric = called(select_by)
    note = report.sentence(metric)
    if report.members:
        note += (
            f". On the rows that chose them it has {figure(report.score)} and {report.best}"
            f" {figure(report.best_score)}, by which they are not judged."
            f" {report.draws} draws, {_kilobytes(report.size)} kB, about {count(report.operations)} operations a row"
        )
    return EnsembleSection(metric, note, tuple(map(_row, report.members)))


def _row(member: MemberReport) -> MemberRow:
    return MemberRow(
        name=member.name,
        kind=member.kind,
        weight=f"{float(member.weight):.0%}",
        score=_fine(member.score),
        without=_fine(member.without),
        kilobytes=_kilobytes(member.size),
        operations=count(member.operations),
    )


def _fine(value: float | None) -> str:
    """Spell a figure by which members are told apart, of which most are near."""
    return figure(value) if value is None else f"{float(value):.5g}".replace("-", "\u2212")


def _kilobytes(size: int) -> str:
    return f"{size / 1000:,.0f}"
