"""What the results of a gate's rules come to: pass, fail, or doubt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

PASS: Final = "pass"  # noqa: S105 - no password
FAIL: Final = "fail"
INCONCLUSIVE: Final = "inconclusive"
DEFERRED: Final = "deferred"
"""A rule that is judged later, where the result is to be used: over the live model, or claimed by a change."""
Record = Mapping[str, Any]
Verdict = Literal["pass", "inconclusive", "fail"]
BADNESS: tuple[Verdict, ...] = (PASS, INCONCLUSIVE, FAIL)


def verdict(records: Iterable[Record]) -> Verdict:
    """Sum up blocking rules that apply: any failure fails, then any doubt, and nothing that passes is doubt.

    What is deferred is not counted: it neither passes nor stands in the way of being judged.
    """
    counted = {
        record["verdict"]
        for record in records
        if record["applicable"] and record["mode"] == "block" and not record.get("waived")
    } - {DEFERRED}
    if FAIL in counted:
        return FAIL
    return PASS if counted == {PASS} else INCONCLUSIVE


def held(said: str, records: Iterable[Record]) -> Verdict:
    """Take a recorded verdict for no better than its rules: a pass without any is none.

    Raises ValueError, KeyError or TypeError where either is damaged.

    >>> held("pass", []), held("pass", [{"verdict": "fail", "applicable": True, "mode": "block"}])
    ('inconclusive', 'fail')
    """
    return max((BADNESS[BADNESS.index(said)], verdict(records)), key=BADNESS.index)
