"""Findings as text that is safe to print: a value from a pull request must not act on a terminal or on a job's log."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from mlops.diagnostics import Diagnostic, render

# A line break in a value could begin a line of its own, such as `::error::`, which GitHub obeys.
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """Spell out characters that would begin a line, move a cursor or turn the reading direction."""
    return _UNSEEN.sub(lambda match: match.group().encode("unicode_escape").decode(), text)


def printed(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str]) -> str:
    """Print findings as `mlops.diagnostics.render` does, with every unseen character spelt out."""
    found = tuple(diagnostics)
    files = {diagnostic.position.file for diagnostic in found}
    texts = {visible(file): _lines(sources[file]) for file in files & set(sources)}
    return render((_visible(diagnostic) for diagnostic in found), texts)


def _visible(diagnostic: Diagnostic) -> Diagnostic:
    position = replace(diagnostic.position, file=visible(diagnostic.position.file))
    return replace(diagnostic, position=position, message=visible(diagnostic.message), hint=visible(diagnostic.hint))


def _lines(text: str) -> str:
    return "\n".join(visible(line.replace("\t", " ")) for line in text.splitlines())
