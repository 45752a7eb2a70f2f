"""What cannot be a key of a mapping: a number, a nest."""

from __future__ import annotations

import re
from typing import Any


def no_text(key: Any, line: str, column: int, length: int) -> tuple[str, str]:
    """Say of a key that is no text what was probably meant, by its line and the place in it, counted from 0.

    >>> no_text(7, "{at_least: 0,7}", 13, 1)
    ('a comma in the number `0,7`', 'write it with a point: 0.7')
    >>> no_text(3, "3: x", 0, 1)
    ('the key `3` is not text', 'write it in quotes: "3"')
    """
    shown = line[column:][:length]
    if isinstance(key, dict | list):
        what = "a mapping" if isinstance(key, dict) else "a list"
        return f"{what} stands where a key should", "write the value itself: nobody fills in `{{ }}` here"
    if shown.isdigit() and (whole := re.search(r"[-+]?[0-9]+,$", line[:column])):
        return f"a comma in the number `{whole[0]}{shown}`", f"write it with a point: {whole[0][:-1]}.{shown}"
    return f"the key `{shown}` is not text", f'write it in quotes: "{shown}"'
