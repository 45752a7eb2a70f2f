"""What was checked about the data, how many values failed, and the sentence a person reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mlops.blocks.accepted_leak import cure
from mlops.blocks.column_rule import Severity
from mlops.documents.checks import CheckReport
from mlops.errors import ConfigurationError, DataError

_SHOWN = 10
_CLIPPED = 40


@dataclass(frozen=True)
class Check:
    """One result: `failed` of `total` values break it. `examples` are values, filled for public columns only."""

    name: str
    column: str | None
    severity: Severity
    failed: int
    total: int
    message: str = ""
    examples: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Tell whether nothing failed."""
        return self.failed == 0

    @property
    def blocks(self) -> bool:
        """Tell whether the run must stop here."""
        return not self.passed and self.severity == "block"

    def record(self) -> CheckReport:
        """Give the check as reports have it."""
        return CheckReport(
            name=self.name,
            column=self.column,
            severity=self.severity,
            failed=self.failed,
            total=self.total,
            passed=self.passed,
            message=self.message,
            **({"examples": self.examples} if self.examples else {}),
        )


def failure(
    name: str, column: str | None, message: str, *, severity: Severity = "block", failed: int = 1, total: int = 1
) -> Check:
    """Make a check that failed."""
    return Check(name, column, severity, failed, total, message)


def refused(name: str, error: ConfigurationError | DataError) -> Check:
    """Make a check of a rule that makes no sense, so that it is told with the others."""
    return failure(name, None, f"{error.message}; {error.hint}" if error.hint else error.message)


def refusal(checks: Sequence[Check]) -> DataError | None:
    """Make the one error that names every blocking failure, or None when nothing blocks."""
    blocking = [check for check in checks if check.blocks]
    if not blocking:
        return None
    shown = [f"{check.name}: {check.message}{_examples(check)}" for check in blocking[:_SHOWN]]
    more = [f"and {len(blocking) - _SHOWN:,} more"] if len(blocking) > _SHOWN else []
    heading = f"{len(blocking):,} of {len(checks):,} checks of the data failed"
    return DataError("\n  ".join([heading, *shown, *more]), hint=_hint(blocking))


def examples(values: Iterable[object]) -> tuple[str, ...]:
    """Spell a few values shortly."""
    return tuple(f"{value}"[:_CLIPPED] for _, value in zip(range(5), values, strict=False))


def _examples(check: Check) -> str:
    return f" (such as {', '.join(check.examples)})" if check.examples else ""


def _hint(blocking: Sequence[Check]) -> str:
    leaks = sorted(check.column for check in blocking if check.name == "leakage" and check.column)
    if leaks:
        return cure(leaks)
    return "reports/data.json has every check and its counts; correct the data, or the rule if that is wrong"
