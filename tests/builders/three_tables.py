"""The tables of examples/three-tables: orders, who ordered, and what things cost when; the same for every machine."""

from __future__ import annotations

import math
import random
from datetime import datetime, timedelta

ORDERS, CUSTOMERS, PRODUCTS = 1_200, 500, 12
_BEGIN = datetime(2025, 1, 1)


def tables() -> dict[str, str]:
    """Write the three files, by name."""
    draw = random.Random(13)
    since = {f"c{number:03}": _BEGIN - timedelta(days=draw.randrange(1, 1_500)) for number in range(CUSTOMERS)}
    prices = {
        f"p{number:02}": [
            (_BEGIN + timedelta(days=90 * change - 30), round(draw.lognormvariate(3.2, 0.8), 2)) for change in range(4)
        ]
        for number in range(PRODUCTS)
    }
    return {
        "orders.csv": _orders(draw, since, prices),
        "customers.csv": _lines(
            "customer,since,region",
            (f"{name},{day:%Y-%m-%d},{draw.choice(['North', 'South', 'West'])}" for name, day in since.items()),
        ),
        "prices.csv": _lines(
            "product,valid_from,price",
            (f"{name},{day:%Y-%m-%d},{price}" for name, known in prices.items() for day, price in known),
        ),
    }


def _orders(draw: random.Random, since: dict[str, datetime], prices: dict[str, list[tuple[datetime, float]]]) -> str:
    lines = []
    for number in range(ORDERS):
        customer, product = draw.choice([*since]), draw.choice([*prices])
        at = _BEGIN + timedelta(minutes=draw.randrange(300 * 24 * 60))
        quantity = draw.choice([0, 1, 1, 1, 2, 2, 3, 5])
        price = max(known for known in prices[product] if known[0] < at)[1]
        log_value, years = math.log1p(price * quantity), (at - since[customer]).days / 365
        odds = 1.6 * (log_value - 3.8) - 1.3 * (years - 2)
        returned = quantity > 0 and draw.random() < 1 / (1 + math.exp(-odds))
        lines.append(f"o{number:04},{at:%Y-%m-%dT%H:%M}Z,{customer},{product},{quantity},{str(returned).lower()}")
    return _lines("order,ordered,customer,product,quantity,returned", lines)


def _lines(head: str, rows: object) -> str:
    return "".join(f"{line}\n" for line in (head, *rows))  # type: ignore[misc]  # any texts
