"""An expression's text, cut into numbers, texts, names and signs."""

from __future__ import annotations

import re
from typing import NamedTuple

from mlops.expressions.tree import Fault

LONGEST = 2_000
"""Characters of an expression."""
_TOKEN = re.compile(
    r"""(?P<blank>\s+)
    |(?P<number>(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<column>`[^`]+`)
    |(?P<by>by\s*=(?!=))
    |(?P<name>[^\W\d]\w*)
    |(?P<sign>\*\*|==|!=|<=|>=|[-+*/%<>(),\[\]])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_MEANT = {"=": "`==`", "&": "`and`", "|": "`or`", "!": "`not`", "^": "`**`", "~": "`not`", "?": "`if(condition, a, b)`"}
_ARGUMENT = re.compile(r",\s*[A-Za-z_]\w*\s*$")
"""The name of an argument, as other languages have it: `mean(x, group=plan)`."""


class Token(NamedTuple):
    """A piece of an expression: its kind, its text, and where it stands; `by =` is one, of an aggregate."""

    kind: str
    text: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """Cut an expression into pieces, an `end` last; raises Fault where something is none."""
    if len(text) > LONGEST:
        raise Fault(f"an expression has at most {LONGEST:,} characters, this one {len(text):,}", 0, hint="divide it")
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _unknown(text, at)
        kind = str(match.lastgroup)
        if kind == "number" and text[match.end() : match.end() + 1].isidentifier():
            raise Fault(f"`{match.group()}{text[match.end()]}` is no number", at, match.end() - at + 1, hint=_NAMED)
        if kind != "blank":
            found.append(Token(kind, match.group(), at, match.end()))
        at = match.end()
    return [*found, Token("end", "", len(text), len(text))]


_NAMED = "a name that begins with a digit stands in backticks: `2nd visit`"


def unquoted(token: Token) -> str:
    r"""Give what a quoted text says; `\n` and `\t` are themselves, any other character after `\` is just that one.

    >>> unquoted(Token("text", '"a\\"b"', 0, 6))
    'a"b'
    """
    named = {"n": "\n", "t": "\t"}
    return _ESCAPE.sub(lambda match: named.get(match[1], match[1]), token.text[1:-1])


def _unknown(text: str, at: int) -> Fault:
    character = text[at]
    if character in "\"'`":
        what = "name in backticks" if character == "`" else "text in quotes"
        return Fault(f"a {what} has no end", at, hint=f"write another {character} after it")
    if character == "=" and _ARGUMENT.search(text[:at]):
        return Fault(
            f"`{character}` means nothing here",
            at,
            hint="`by=` alone is named, last in an aggregate, as in `mean(x, by=plan)`; `==` compares",
        )
    meant = _MEANT.get(character)
    hint = f"did you mean {meant}?" if meant else "a column of such a name stands in backticks: `unit price`"
    return Fault(f"`{character}` means nothing here", at, hint=hint)
