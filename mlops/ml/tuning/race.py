"""How trials are dealt where candidates race: rounds, after each of which the worse half is searched no further.

Successive halving (Jamieson and Talwalkar, AISTATS 2016) over candidates, with trials as what is spent: each round has
the same share of them, so that fewer candidates have more each.
"""

from __future__ import annotations


def rounds(candidates: int, trials: int) -> tuple[tuple[int, int], ...]:
    """List the rounds: how many candidates are left, and how many more trials each of them has.

    No more are spent than there are, unless there are fewer than candidates: each has one at least.

    Example:
        >>> rounds(4, 40)
        ((4, 3), (2, 6), (1, 16))
        >>> rounds(1, 7)
        ((1, 7),)
    """
    counts = [candidates]
    while counts[-1] > 1:
        counts.append(-(-counts[-1] // 2))
    share, left, dealt = trials // len(counts), trials, []
    for place, count in enumerate(counts):
        each = left if count == 1 else max(0 if place else 1, min(share, left) // count)
        left -= count * each
        if each > 0:
            dealt.append((count, each))
    return tuple(dealt)
