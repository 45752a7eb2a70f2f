"""A verdict as a table in a terminal: a line per rule, and sentences where they are needed."""

from __future__ import annotations

import textwrap

from mlops.diagnostics import visible
from mlops.documents.change_report import FRAMEWORK_CHANGE
from mlops.documents.gate import RuleResult
from mlops.files.intervals import measured
from mlops.gate_rules import SERVING
from mlops.present.terminal.style import SYMBOLS, paint, symbol
from mlops.present.terminal.tables import aligned
from mlops.present.verdicts import Compared, Verdict, asked, counted, in_per_cent, rows_of_the_change, sentence, warned
from mlops.verdict import INCONCLUSIVE

_WIDTH = 120  # columns of a terminal that sentences may fill
_TITLE = 66  # letters of a rule's name in the table


def table(verdict: Verdict, *, explain: bool) -> str:
    """Print a line per rule, with a sentence where asked or where it did not pass, and the verdict."""
    lines = [paint(verdict.pipeline, None, bold=True)]
    for rule, cells in zip(verdict.rules, aligned([*map(_cells, verdict.rules)], right=(1,)), strict=True):
        lines.append(f"  {symbol(rule.state)} {cells}")
        if explain or rule.state in ("fail", "inconclusive", "waived"):
            lines += _indented(visible(sentence(rule)))
        if explain and rule.power is not None:
            lines += _indented(f"power: an equally good model passes {rule.power:.0%} of the time on so many rows")
    lines.append(f"  verdict: {paint(verdict.verdict, SYMBOLS[verdict.verdict][1], bold=True)} ({counted(verdict)})")
    lines += [paint(line, SYMBOLS[INCONCLUSIVE][1]) for line in _indented(visible(warned(verdict.rules)))]
    return "\n".join(lines)


def compared(again: Compared, *, explain: bool) -> str:
    """Print the verdict by the rules of now, what they loosen, and the verdict by the rules of the base."""
    lines = [table(again.now, explain=explain)]
    lines += [f"  {visible(said)}" for said in again.loosened]
    if again.before is not None:
        lines += [f"by the rules of {again.base[:8]}:", table(again.before, explain=explain)]
    if again.labels:
        lines.append(f"{', '.join(again.labels)}: {again.now.pipeline} is judged by both; {again.verdict}")
    if again.framework:
        lines.append(f"{FRAMEWORK_CHANGE}: {visible(rows_of_the_change(again.framework))}")
        lines += [f"  {visible(said)}" for said in again.otherwise]
    return "\n".join(lines)


def _cells(rule: RuleResult) -> tuple[str, ...]:
    """Spell a line of the table: the rule, its value, the interval, the rows, whether it only warns."""
    name = visible(asked(rule))
    name = name if len(name) <= _TITLE else f"{name[: _TITLE - 1]}…"
    if not rule.applicable:
        return name, "not applicable"
    if rule.verdict == "deferred":
        return name, "claimed by the change" if rule.claimed else "deferred"
    sign = "+" if rule.against != "value" else ""
    scale, unit = (100, " %") if in_per_cent(rule) else (1, "")
    value, low, high = (None if end is None else scale * end for end in (rule.value, rule.low, rule.high))
    counted = f"n={rule.n:,}" if rule.metric not in SERVING else f"{rule.n:,} times"
    shown, span = measured(value, low, high, sign=sign, unit=unit)
    return name, shown, span, counted, "warns only" if rule.mode == "warn" else ""


def _indented(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="    ", subsequent_indent="      ", break_on_hyphens=False)
