"""Customers of a shop, some of whom leave: always the same rows, with noise, gaps and a column that says nothing."""

from __future__ import annotations

import math
import random


def customers(rows: int = 800, seed: int = 20_261_128) -> str:
    """Write a table whose target follows from tenure, calls and plan by a logistic rule.

    It is decided by chance, so that no model can be right about all of them.
    """
    draw = random.Random(seed)
    lines = ["tenure_months,monthly_spend,plan,support_calls,newsletter,left"]
    for _ in range(rows):
        tenure, calls = draw.randint(1, 72), min(9, int(draw.expovariate(0.7)))
        plan = draw.choice(["basic", "basic", "plus", "family"])
        spend = {"basic": 14, "plus": 27, "family": 39}[plan] + draw.gauss(0, 4)
        score = 0.4 - 0.06 * tenure + 0.75 * calls + 0.6 * (plan == "basic")
        left = draw.random() < 1 / (1 + math.exp(-score))
        shown = "" if draw.random() < 0.04 else f"{spend:.2f}"
        newsletter = draw.choice(["yes", "no"])
        lines.append(f"{tenure},{shown},{plan},{calls},{newsletter},{'yes' if left else 'no'}")
    return "\n".join(lines) + "\n"
