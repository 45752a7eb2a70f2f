"""A verdict as a table in a terminal, and as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops.app.gate import Verdict
from mlops.cli.options import SYMBOLS, paint

if TYPE_CHECKING:
    from mlops.app.rejudge import Rejudged

_MARKS = {"pass": "✅", "fail": "❌", "inconclusive": "❔", "skipped": "⏩", "waived": "🕓"}
_ESCAPED = str.maketrans({character: f"&#{ord(character)};" for character in "\\`*_{}[]<>|#@!&"})


def table(verdict: Verdict, *, explain: bool) -> str:
    """Print a line per rule, with a sentence where asked or where it did not pass, and the verdict."""
    titles = [_title(rule) for rule in verdict.rules]
    width = max((len(title) for title in titles), default=0)
    lines = [paint(verdict.pipeline, "white", bold=True)]
    for rule, title in zip(verdict.rules, titles, strict=True):
        symbol, colour = SYMBOLS[_state(rule)]
        lines.append(f"  {paint(symbol, colour)} {title:<{width}}  {_numbers(rule)}".rstrip())
        if explain or _state(rule) in ("fail", "inconclusive", "waived"):
            lines.append(f"    {_sentence(rule)}")
        if explain and rule.get("power") is not None:
            lines.append(f"    power: an equally good model passes {rule['power']:.0%} of the time on so many rows")
    lines.append(f"  verdict: {_summary(verdict)}")
    return "\n".join(lines)


def markdown(verdict: Verdict) -> str:
    """Print a table for a pull request or a job summary; user text is escaped."""
    lines = [f"### {_MARKS[verdict.verdict]} {escape(verdict.pipeline)}: {_summary(verdict, plain=True)}", ""]
    lines += ["| | rule | value | interval | n |", "| --- | --- | ---: | --- | ---: |"]
    for rule in verdict.rules:
        interval = f"[{_number(rule['low'])}, {_number(rule['high'])}]" if rule["applicable"] else "–"
        value = _number(rule["value"]) if rule["applicable"] else "–"
        n = f"{rule['n']:,}" if rule["n"] else "–"
        lines.append(f"| {_MARKS[_state(rule)]} | {escape(_title(rule))} | {value} | {interval} | {n} |")
    lines += ["", *(f"- {escape(_sentence(rule))}" for rule in verdict.rules if _state(rule) != "pass")]
    return "\n".join(lines)


def compared_table(again: Rejudged, *, explain: bool) -> str:
    """Print the verdict by the rules of now, what they loosen, and the verdict by the rules of the base."""
    lines = [table(again.now, explain=explain)]
    lines += [f"  {sentence}" for sentence in (*again.loosened, *again.notes)]
    if again.before is not None:
        lines += [f"by the rules of {again.base[:8]}:", table(again.before, explain=explain)]
    if again.labels:
        lines.append(f"{', '.join(again.labels)}: {again.now.pipeline} is judged by both; {again.verdict}")
    return "\n".join(lines)


def compared_markdown(again: Rejudged) -> str:
    """Print the same for a pull request."""
    lines = [markdown(again.now)]
    lines += [f"- {escape(sentence)}" for sentence in (*again.loosened, *again.notes)]
    if again.before is not None:
        folded = markdown(again.before)
        mark = _MARKS[again.before.verdict]
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
    return "\n".join(lines)


def _state(rule: dict[str, Any]) -> str:
    if not rule["applicable"]:
        return "skipped"
    return "waived" if rule.get("waived") else str(rule["verdict"])


def _sentence(rule: dict[str, Any]) -> str:
    waived = rule.get("waived")
    if not waived:
        return str(rule["sentence"])
    who = f"{waived['owner']}, allowed by {waived['approver']}"
    return f"{rule['sentence']}; waived until {waived['expires']} for {who}: {waived['reason']}"


def _title(rule: dict[str, Any]) -> str:
    name = rule["metric"] + (f" under {rule['under']}" if rule.get("under") else "")
    name += f" by {rule['by']}={rule['slice']}" if rule.get("by") and rule.get("slice") is not None else ""
    name += f" of {rule['of']}" if rule.get("of") else ""
    bound, lower = rule["bound"], rule.get("side", "at_least") == "at_least"
    if rule["against"] == "value":
        return f"{name} {'at least' if lower else 'at most'} {_number(bound)}"
    if bound == 0:
        return f"{name} better than {rule['against']}"
    gain = bound if lower else -bound
    verb = "better than" if gain > 0 else "no worse than"
    amount = f"{100 * abs(bound):g} %" if rule.get("relative") else _number(abs(bound))
    return f"{name} {verb} {rule['against']} by {amount}"


def _numbers(rule: dict[str, Any]) -> str:
    if not rule["applicable"]:
        return "not applicable"
    sign = "+" if rule["against"] != "value" else ""
    value, low, high = (_number(rule[key], sign) for key in ("value", "low", "high"))
    return f"{value:>7}  [{low}, {high}]  n={rule['n']:,}"


def _number(value: float | None, sign: str = "") -> str:
    return "–" if value is None else f"{value:{sign}.3g}" if abs(value) < 1000 else f"{value:{sign},.0f}"


def _summary(verdict: Verdict, *, plain: bool = False) -> str:
    counts = verdict.counts()
    total = sum(counts.values())
    said = [
        f"{counts[state]} of {total} {word}"
        for state, word in (("fail", "failed"), ("inconclusive", "inconclusive"), ("waived", "waived"))
        if counts[state]
    ]
    colour = SYMBOLS[verdict.verdict][1]
    word = verdict.verdict if plain else paint(verdict.verdict, colour, bold=True)
    return f"{word} ({', '.join(said)})" if said else f"{word} ({total} of {total} passed)"


def escape(text: str) -> str:
    """Spell what a user wrote so that Markdown shows it and reads nothing into it."""
    return text.translate(_ESCAPED).replace("\n", " ")
