"""A verdict as a table in a terminal, and as Markdown."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from mlops.cli.options import SYMBOLS, paint
from mlops.configuration.serving import SERVING
from mlops.diagnostics import visible
from mlops.files.figures import figure, interval, plural
from mlops.files.markdown import escape
from mlops.operations.planning.relied import FRAMEWORK_CHANGE, to_look_at
from mlops.operations.reviewing.sections import MARKS
from mlops.operations.verdicts.gate import Verdict
from mlops.verdict import tally

if TYPE_CHECKING:
    from mlops.documents.gate import RuleResult
    from mlops.operations.verdicts.rejudged import Rejudged

_COUNTED = ("failed", "inconclusive", "waived", "deferred")
_WIDTH = 120  # columns of a terminal that sentences may fill
_TITLE = 66  # letters of a rule's name in the table
_LONG = 500  # letters of a sentence in Markdown


def table(verdict: Verdict, *, explain: bool) -> str:
    """Print a line per rule, with a sentence where asked or where it did not pass, and the verdict."""
    lines = [paint(verdict.pipeline, "white", bold=True)]
    for rule, cells in zip(verdict.rules, _aligned([_cells(rule) for rule in verdict.rules]), strict=True):
        symbol, colour = SYMBOLS[rule.state]
        lines.append(f"  {paint(symbol, colour)} {cells}".rstrip())
        if explain or rule.state in ("fail", "inconclusive", "waived"):
            lines += _indented(visible(_sentence(rule)))
        if explain and rule.power is not None:
            lines += _indented(f"power: an equally good model passes {rule.power:.0%} of the time on so many rows")
    lines.append(f"  verdict: {_summary(verdict)}")
    return "\n".join(lines)


def markdown(verdict: Verdict) -> str:
    """Print a table for a pull request or a job summary; user text is escaped."""
    lines = [f"### {MARKS[verdict.verdict]} {escape(verdict.pipeline)}: {_summary(verdict, plain=True)}", ""]
    lines += ["| | rule | value | interval | n |", "| --- | --- | ---: | --- | ---: |"]
    for rule in verdict.rules:
        measured = rule.applicable and rule.verdict != "deferred"
        span = interval(rule.low, rule.high) if measured else "–"
        value = figure(rule.value) if measured else "–"
        n = f"{rule.n:,}" if rule.n else "–"
        lines.append(f"| {MARKS[rule.state]} | {escape(_asked(rule))} | {value} | {span} | {n} |")
    lines += ["", *(f"- {escape(_sentence(rule), _LONG)}" for rule in verdict.rules if rule.state != "pass")]
    return "\n".join(lines)


def compared_table(again: Rejudged, *, explain: bool) -> str:
    """Print the verdict by the rules of now, what they loosen, and the verdict by the rules of the base."""
    lines = [table(again.now, explain=explain)]
    lines += [f"  {visible(sentence)}" for sentence in again.loosened]
    if again.before is not None:
        lines += [f"by the rules of {again.base[:8]}:", table(again.before, explain=explain)]
    if again.labels:
        lines.append(f"{', '.join(again.labels)}: {again.now.pipeline} is judged by both; {again.verdict}")
    if again.framework:
        lines.append(f"{FRAMEWORK_CHANGE}: its rows are made by the code of the change: {visible(_look(again))}")
        lines += [f"  {visible(sentence)}" for sentence in again.otherwise]
    return "\n".join(lines)


def compared_markdown(again: Rejudged) -> str:
    """Print the same for a pull request."""
    lines = [markdown(again.now)]
    lines += [f"- {escape(sentence, _LONG)}" for sentence in again.loosened]
    if again.before is not None:
        folded = markdown(again.before)
        mark = MARKS[again.before.verdict]
        summary = f"<summary>{mark} By the rules of <code>{again.base[:8]}</code></summary>"
        lines += [
            "",
            f"<details{' open' if again.before.verdict != 'pass' else ''}>{summary}",
            "",
            folded,
            "</details>",
        ]
    if again.labels:
        lines += ["", f"**{', '.join(again.labels)}**: judged by the old and the new rules: {again.verdict}"]
    if again.framework:
        lines += [
            "",
            f"**{FRAMEWORK_CHANGE}**: its rows are made by the code of the change: {escape(_look(again), _LONG)}",
            *(f"- {escape(sentence, _LONG)}" for sentence in again.otherwise),
        ]
    return "\n".join(lines)


def _look(again: Rejudged) -> str:
    return f"look at {to_look_at(again.framework)}"


def _sentence(rule: RuleResult) -> str:
    if rule.waived is None:
        return rule.sentence
    who = f"{rule.waived.owner}, allowed by {rule.waived.approver}"
    return f"{rule.sentence}; waived until {rule.waived.expires} for {who}: {rule.waived.reason}"


def _asked(rule: RuleResult) -> str:
    """Say what a rule is about and what it asks for."""
    name, bound, lower = rule.title, rule.bound or 0.0, rule.side != "at_most"
    if rule.against == "value":
        return f"{name} {'at least' if lower else 'at most'} {figure(rule.bound)}"
    if bound == 0:
        return f"{name} better than {rule.against}"
    gain = bound if lower else -bound
    verb = "better than" if gain > 0 else "no worse than"
    share = rule.relative or rule.metric in SERVING
    amount = f"{100 * abs(bound):g} %" if share else figure(abs(bound))
    return f"{name} {verb} {rule.against} by {amount}"


def _cells(rule: RuleResult) -> tuple[str, ...]:
    """Spell a line of the table: the rule, its value, the interval, the rows, whether it only warns."""
    name = visible(_asked(rule))
    name = name if len(name) <= _TITLE else f"{name[: _TITLE - 1]}…"
    if not rule.applicable:
        return name, "not applicable"
    if rule.verdict == "deferred":
        return name, "claimed by the change" if rule.claimed else "deferred"
    share = bool(rule.relative) or (rule.metric in SERVING and rule.against != "value")
    sign = "+" if rule.against != "value" else ""
    value, low, high = (_number(end, sign, share=share) for end in (rule.value, rule.low, rule.high))
    counted = f"n={rule.n:,}" if rule.metric not in SERVING else f"{rule.n:,} times"
    return name, value, f"[{low}, {high}]", counted, "warns only" if rule.mode == "warn" else ""


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """Put columns below each other; a value ends where the others end."""
    full = [row for row in rows if len(row) > 2]
    first = max((len(row[0]) for row in rows), default=0)
    widths = [max((len(row[column]) for row in full), default=0) for column in range(5)]
    lines = []
    for name, value, *rest in rows:
        placed = value.rjust(widths[1]) if rest else value
        lines.append("  ".join([name.ljust(first), placed, *(c.ljust(widths[i]) for i, c in enumerate(rest, 2))]))
    return lines


def _indented(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="    ", subsequent_indent="      ", break_on_hyphens=False)


def _number(value: float | None, sign: str = "", *, share: bool = False) -> str:
    return f"{figure(100 * value, sign)} %" if share and value is not None else figure(value, sign)


def _summary(verdict: Verdict, *, plain: bool = False) -> str:
    counts = tally(verdict.rules)
    said = [f"{count} of {counts.total} {word}" for word in _COUNTED if (count := getattr(counts, word))]
    said = said or [f"{counts.passed} of {counts.total} passed"]
    said += [plural(counts.warnings, "warning")] if counts.warnings else []
    colour = SYMBOLS[verdict.verdict][1]
    word = verdict.verdict if plain else paint(verdict.verdict, colour, bold=True)
    return f"{word} ({', '.join(said)})"
