"""A text as tokens: words, or n-grams of words or of characters. The same on every machine and in every Python.

Nothing here asks the locale, nor the Unicode tables of the Python that happens to run: those change from release to
release. Letters are told from signs by the tables of Unicode 3.2, which every Python carries for internationalised
domain names (RFC 3454) and which are never changed. Letters are composed (NFC) by the same tables. Large letters become
small ones by Unicode's case folding, and only those that 3.2 knows: of an assigned character it is stable from version
5.0 on (https://www.unicode.org/policies/stability_policy.html). A character that came later, such as an emoji, is a
token of its own.

What a version does is never changed: another way of telling tokens apart is another version.
`tests/unit/bundle/tokens.json` holds what it makes of texts, and the digest of what it makes of every character.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, get_args
from unicodedata import ucd_3_2_0 as unicode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Version = Literal[1]
VERSION: Version = get_args(Version)[0]
Unit = Literal["words", "chars"]

_SOFT_HYPHEN = 0xAD
_TOKEN = re.compile(r"w[wm]*|s")
_HAN = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2FFFF))
"""Written without blanks between words: each sign is a token."""


class _Folded(dict[int, str]):
    """What becomes of each character, found when it first occurs."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if code == _SOFT_HYPHEN:
            return ""
        known = unicode.category(character) != "Cn"
        self[code] = folded = unicode.normalize("NFC", character.casefold()) if known else character
        return folded


class _Classes(dict[int, str]):
    """`w` of what words are made of, `m` of marks that go on a letter, `s` of signs that stand alone, else a blank."""

    def __missing__(self, code: int) -> str:
        self[code] = found = _class(code)
        return found


def _class(code: int) -> str:
    if any(first <= code <= last for first, last in _HAN):
        return "s"
    category = unicode.category(chr(code))
    if category == "Lm" or category[0] in "LN":
        return "w"
    if category[0] == "M":
        return "m"
    return "s" if category in ("So", "Cn") else " "


_FOLDED, _CLASSES = _Folded(), _Classes()


def words(text: str) -> list[str]:
    """Tell the words of a text apart, in small letters; an emoji and a Chinese sign are words of their own.

    >>> words("Don't PANIC: 42 naïve cafés 👍")
    ['don', 't', 'panic', '42', 'naïve', 'cafés', '👍']
    """
    plain = text.casefold() if text.isascii() else unicode.normalize("NFC", text).translate(_FOLDED)
    plain = plain if plain.isascii() else unicode.normalize("NFC", plain)
    classes = plain.translate(_CLASSES)
    return [plain[found.start() : found.end()] for found in _TOKEN.finditer(classes)]


def tokens(text: str, unit: Unit = "words", ngrams: tuple[int, int] = (1, 1)) -> list[str]:
    """List the tokens of a text, with those that occur twice.

    Args:
        text: any text.
        unit: `words`, or `chars`: characters of each word, with a blank before and behind it.
        ngrams: how many words, or characters, stand together in a token, from the fewest to the most.

    >>> tokens("not good", ngrams=(1, 2))
    ['not', 'good', 'not good']
    >>> tokens("Good", "chars", (3, 4))
    [' go', 'goo', 'ood', 'od ', ' goo', 'good', 'ood ']
    """
    found = words(text)
    return list(_of_words(found, ngrams) if unit == "words" else _of_characters(found, ngrams))


def _of_words(found: Sequence[str], ngrams: tuple[int, int]) -> Iterator[str]:
    for size in range(ngrams[0], ngrams[1] + 1):
        if size == 1:
            yield from found
        else:
            yield from (" ".join(found[at : at + size]) for at in range(len(found) - size + 1))


def _of_characters(found: Sequence[str], ngrams: tuple[int, int]) -> Iterator[str]:
    """Give the n-grams of each word; a word that is shorter than one is one, once."""
    for word in found:
        padded = f" {word} "
        for size in range(ngrams[0], ngrams[1] + 1):
            yield from (padded[at : at + size] for at in range(max(1, len(padded) - size + 1)))
            if len(padded) <= size:
                break
