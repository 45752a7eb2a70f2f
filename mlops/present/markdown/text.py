"""Markdown: text that somebody wrote, which it shows and does not obey, and tables, folded parts, marks of verdicts."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

MARKS = {
    "pass": "✅",
    "fail": "❌",
    "inconclusive": "❔",
    "warning": "⚠️",
    "skipped": "⏩",
    "stopped": "❌",
    "waived": "🕓",
    "deferred": "⏳",
}

SUMMARY = 1_000_000
"""Bytes of the summary of a step, of the 1 MiB that GitHub takes.
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits"""

NO_CHECKS = (
    "> [!IMPORTANT]\n"
    "> This was opened with the workflow's own token, so GitHub starts no checks for it. Close it and open it again to "
    "start them, or give the workflows a GitHub App to propose as: `ci: {app: ...}` in `conf/project.yaml`.\n"
)
"""What the body of a pull request ends with whose checks do not start."""
_WORD = re.compile(r"(?:&#\d+;|[^\s<>]){25,}")  # longer than a narrow column
_PART = re.compile(r"(?:&#\d+;|[^/_.=&-]){1,24}[/_.=-]*|[/_.=&-]+")
# an underscore within a word marks nothing, nor do parentheses where every bracket of a text is an entity
_SPECIAL = re.compile(r"[^\w\s.,:;/%'+=→–…()?-]|(?<![^\W_])_|_(?![^\W_])")
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_BREAK = "&#8203;"  # a space of no width: what follows it is no mention, no reference and no link


def escape(text: str, limit: int | None = 200) -> str:
    """Show text on one line, at most `limit` characters of it, without markup, mentions, links or invisible marks.

    By entities, which hold in HTML too: between two tags Markdown shows a backslash.
    """
    limit = len(text) if limit is None else limit
    text = text[: 4 * limit + 100]
    shown = "".join(" " if c.isspace() else "" if unicodedata.category(c) in _HIDDEN else c for c in text)
    shown = " ".join(shown.split())
    if len(shown) > limit:
        shown = shown[: limit - 1] + "…"
    entities = _SPECIAL.sub(lambda match: _entity(match.group()), shown).replace("://", f":{_BREAK}//")
    return re.sub(r"(?i)www\.", lambda match: match.group()[:3] + _BREAK + ".", entities)


def breakable(text: str) -> str:
    """Let long words of escaped text break within a cell: after a mark where there is one.

    >>> breakable("data/customers_of_all_regions.parquet changed")
    'data/<wbr>customers_<wbr>of_<wbr>all_<wbr>regions.<wbr>parquet changed'
    """
    return _WORD.sub(lambda word: "<wbr>".join(_PART.findall(word.group())), text)


def plain(value: Any, limit: int = 60) -> str:
    """Show a value of a configuration, escaped."""
    return escape(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str), limit)


def cell(text: str) -> str:
    """Keep what is Markdown already in one cell of a table."""
    return text.replace("|", "\\|")


def table(heads: Sequence[str], rows: Iterable[Iterable[str]], right: Collection[str] = ()) -> Iterator[str]:
    """Give the lines of a table, of cells that are Markdown already; columns whose head is in `right` end there.

    >>> list(table(("name", "n"), [("a", "1")], right=("n",)))
    ['| name | n |', '| --- | ---: |', '| a | 1 |']
    """
    rules = ("---:" if head in right else "---" for head in heads)
    yield from (f"| {' | '.join(cells)} |" for cells in (heads, rules, *rows))


def fenced(*lines: str, language: str = "sh") -> list[str]:
    """Show what to type, or what stands in a file."""
    return [f"```{language}", *lines, "```"]


def folded(summary: str, body: list[str]) -> str:
    """Fold lines away under a summary; both are Markdown already."""
    return "\n".join([f"<details><summary>{summary}</summary>", "", *body, "", "</details>", ""])


def fitting(
    parts: Sequence[str], room: int, left: Callable[[int], str], measure: Callable[[str], int] = len
) -> list[str]:
    """Take parts from the first on as far as there is room, in characters or by `measure`; `left` says how many miss.

    >>> fitting(["aaaa", "bbbb", "cccc"], 10, "{} more".format)
    ['aaaa', 'bbbb', '1 more']
    """
    kept: list[str] = []
    for part in parts:
        room -= measure(part) + 1
        if room < 0:
            return [*kept, left(len(parts) - len(kept))]
        kept.append(part)
    return kept


def octets(text: str) -> int:
    """Count the bytes of a text."""
    return len(text.encode())


def _entity(character: str) -> str:
    return f"&#{ord(character)};{_BREAK if character in '@#' else ''}"
