"""A verdict and its rules in words, whatever they are shown in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from mlops.documents.gate import RuleResult
from mlops.files.figures import figure, plural
from mlops.files.intervals import number
from mlops.gate_rules import SERVING
from mlops.ml.evaluation.judging.names import titled
from mlops.verdict import INCONCLUSIVE, tally, warns

_COUNTED = ("failed", "inconclusive", "waived", "deferred")
_NAMED = 3  # files, or warnings, that a sentence names
_LONG = 80  # letters of a path


class Verdict(Protocol):
    """What is shown of a verdict on a pipeline."""

    @property
    def pipeline(self) -> str:
        """Its name."""

    @property
    def verdict(self) -> str:
        """What its rules came to."""

    @property
    def rules(self) -> tuple[RuleResult, ...]:
        """What each rule came to."""


class Compared(Protocol):
    """What is shown of a verdict beside that by the rules of a base; `before` is None where those are the same."""

    @property
    def base(self) -> str:
        """The commit whose rules count too."""

    @property
    def now(self) -> Verdict:
        """By the rules of now."""

    @property
    def before(self) -> Verdict | None:
        """By those of the base."""

    @property
    def verdict(self) -> str:
        """The worse of the two."""

    @property
    def loosened(self) -> tuple[str, ...]:
        """A sentence for each thing that is not asked for any more."""

    @property
    def labels(self) -> tuple[str, ...]:
        """What a reviewer must see first."""

    @property
    def framework(self) -> tuple[str, ...]:
        """Files of the program that the change moves."""

    @property
    def otherwise(self) -> tuple[str, ...]:
        """How its rows differ from those that the code that judges makes."""


def counted(verdict: Verdict) -> str:
    """Count what stands against a verdict, or what speaks for it."""
    counts = tally(verdict.rules)
    said = [f"{count} of {counts.total} {word}" for word in _COUNTED if (count := getattr(counts, word))]
    said = said or [f"{counts.passed} of {counts.total} passed"]
    return ", ".join([*said, *([plural(counts.warnings, "warning")] if counts.warnings else [])])


def sentence(rule: RuleResult) -> str:
    """Say what came out, and who lets it be missed."""
    if rule.waived is None:
        return rule.sentence
    who = f"{rule.waived.owner}, allowed by {rule.waived.approver}"
    return f"{rule.sentence}; waived until {rule.waived.expires} for {who}: {rule.waived.reason}"


def about(rule: RuleResult) -> str:
    """Say what a rule is about."""
    return titled(rule.metric, rule.under, rule.of, rule.by, rule.slice)


def asked(rule: RuleResult) -> str:
    """Say what a rule is about and what it asks for."""
    return f"{about(rule)} {_wish(rule)}"


def _wish(rule: RuleResult) -> str:
    bound, lower = rule.bound or 0.0, rule.side != "at_most"
    if rule.against == "value":
        return f"{'at least' if lower else 'at most'} {figure(rule.bound)}"
    if bound == 0:
        return f"better than {rule.against}"
    verb = "better than" if (bound > 0) == lower else "no worse than"
    amount = f"{100 * abs(bound):g} %" if in_per_cent(rule) else figure(abs(bound))
    return f"{verb} {rule.against} by {amount}"


def in_per_cent(rule: RuleResult) -> bool:
    """Tell whether its figures are shares of another model's."""
    return bool(rule.relative) or (rule.metric in SERVING and rule.against != "value")


def warned(rules: Iterable[RuleResult]) -> str:
    """Name the warnings that stop nothing, each with its value; nothing where there is none.

    It stands in the report's banner, on the last line of the terminal and in the comment.
    """
    found = [rule for rule in rules if warns(rule)]
    if not found:
        return ""
    more = [f"and {len(found) - _NAMED} more"] if len(found) > _NAMED else []
    return f"{plural(len(found), 'warning')}: {'; '.join([*map(_warning, found[:_NAMED]), *more])}"


def _warning(rule: RuleResult) -> str:
    if rule.value is None:
        return f"{about(rule)} is not known, and should be {_wish(rule)}"
    value = f"{number(100 * rule.value)} %" if in_per_cent(rule) else number(rule.value)
    apart = "" if rule.against == "value" else f" from that of {rule.against}"
    doubt = "may not be" if rule.verdict == INCONCLUSIVE else "should be"
    return f"{about(rule)} is {value}{apart}, and {doubt} {_wish(rule)}"


def to_look_at(framework: Sequence[str]) -> str:
    """Name the files of the program that a change moves, its code first; some of them where there are many.

    How many there are stands first, and a long name is cut: no name hides the others.

    >>> to_look_at(("Makefile", "mlops/ml/data/splits.py"))
    '2 files: mlops/ml/data/splits.py, Makefile'
    """
    files = sorted(framework, key=lambda path: not path.startswith("mlops/"))
    shown = [path if len(path) <= _LONG else f"{path[:_LONG]}…" for path in files[:_NAMED]]
    more = [f"and {len(files) - _NAMED} more"] if len(files) > _NAMED else []
    return f"{len(files)} files: {', '.join([*shown, *more])}" if len(files) > 1 else "".join(shown)


def rows_of_the_change(framework: Sequence[str]) -> str:
    """Say whose code made the rows, and what a person is to look at."""
    return f"its rows are made by the code of the change: look at {to_look_at(framework)}"
