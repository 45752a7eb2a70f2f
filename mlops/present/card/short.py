"""A card where there is little room: without what nobody has said yet, cut at the end of a line."""

from __future__ import annotations

import re

_ASKED = re.compile(r".*\*\*missing\*\*: write .*")
_EMPTY = re.compile(r"\n#{2,3} [^\n]*\n+(?=#{2} |\Z)")  # a heading with nothing below it
_DESCRIBED = re.compile(r"^- Description: (?!missing$)(.+)$", re.MULTILINE)
_CUT = "\n\nThe rest is in `card.md`.\n"


def short(card: str, longest: int) -> str:
    r"""Leave out lines that ask people to write, sections without a line, and what is beyond `longest` characters.

    >>> short("# Model card: a\n\n## Use\n\n- Out of scope: **missing**: write `card: {out_of_scope: ...}`\n", 99)
    '# Model card: a\n'
    """
    text = "\n".join(line for line in card.splitlines() if not _ASKED.fullmatch(line)) + "\n"
    if len(text) <= longest:
        return _tidy(text)
    return _tidy(text[: longest - len(_CUT)].rpartition("\n")[0] + "\n").rstrip() + _CUT


def _tidy(text: str) -> str:
    return _EMPTY.sub("\n", text).rstrip("\n") + "\n"


def described(card: str) -> str:
    r"""Give what the card says the model is for; empty where nobody says.

    >>> described("## Model details\n\n- Description: Who leaves?\n")
    'Who leaves?'
    """
    found = _DESCRIBED.search(card)
    return found[1] if found else ""
