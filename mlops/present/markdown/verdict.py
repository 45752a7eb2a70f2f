"""A verdict for a pull request or the summary of a job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlops.documents.change_report import FRAMEWORK_CHANGE
from mlops.documents.gate import RuleResult
from mlops.files.intervals import measured
from mlops.present.markdown.text import MARKS, SUMMARY, breakable, escape, fitting, folded, octets, table
from mlops.present.verdicts import Compared, Verdict, asked, counted, rows_of_the_change, sentence
from mlops.verdict import BADNESS

_LONG = 500  # letters of a sentence


def verdicts(said: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Give verdicts, each with its text, for one summary: the worst first, as many as it holds, the others counted."""
    order: dict[str, int] = {word: place for place, word in enumerate(reversed(BADNESS))}
    ranked = sorted(said, key=lambda item: order[item[0]])
    left = "… and {:,} more verdicts, none of them worse".format
    yield from fitting([text for _, text in ranked], SUMMARY, left, octets)


def verdict(said: Verdict) -> str:
    """Print a sentence for each rule that did not pass, and fold the table of all rules; user text is escaped."""
    rows = table(("rule", "value", "interval", "rows"), map(_row, said.rules), right=("value", "rows"))
    title = f"### {MARKS[said.verdict]} {escape(said.pipeline)}: {said.verdict} ({counted(said)})"
    missed = [rule for rule in said.rules if rule.state != "pass"]
    sentences = [f"- {MARKS[rule.state]} {escape(sentence(rule), _LONG)}" for rule in missed]
    return "\n".join([title, "", *sentences, *([""] if sentences else []), folded("Every rule", [*rows])])


def compared(again: Compared) -> str:
    """Print the same with what the rules of now loosen, and the verdict by the rules of the base."""
    return "\n".join(_compared(again))


def _compared(again: Compared) -> Iterator[str]:
    yield verdict(again.now)
    yield from (f"- {escape(said, _LONG)}" for said in again.loosened)
    if (before := again.before) is not None:
        summary = f"<summary>{MARKS[before.verdict]} By the rules of <code>{again.base[:8]}</code></summary>"
        yield ""
        yield f"<details{' open' if before.verdict != 'pass' else ''}>{summary}"
        yield from ("", verdict(before), "</details>")
    if again.labels:
        yield ""
        yield f"**{', '.join(again.labels)}**: judged by the old and the new rules: {again.verdict}"
    if again.framework:
        yield ""
        yield f"**{FRAMEWORK_CHANGE}**: {escape(rows_of_the_change(again.framework), _LONG)}"
        yield from (f"- {escape(said, _LONG)}" for said in again.otherwise)


def _row(rule: RuleResult) -> tuple[str, ...]:
    known = rule.applicable and rule.verdict != "deferred"
    value, span = measured(rule.value, rule.low, rule.high) if known else ("–", "–")
    return f"{MARKS[rule.state]} {breakable(escape(asked(rule)))}", value, span, f"{rule.n:,}" if rule.n else "–"
