"""Rules that may be missed for a while: what a waiver takes out of a verdict, and what is left when it has expired."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from mlops.blocks.waiver import Waiver
from mlops.verdict import DEFERRED, PASS, Record


def covers(waiver: Waiver, record: Record) -> bool:
    """Tell whether a waiver is about a rule's result that needs it: one that blocks and did not pass."""
    needs = record["applicable"] and record["mode"] == "block" and record["verdict"] not in (PASS, DEFERRED)
    return bool(needs) and record["id"] == waiver.rule and waiver.slice in (None, record["slice"])


def waive(records: Iterable[Record], waivers: Iterable[Waiver]) -> list[dict[str, Any]]:
    """Write the waiver that covers it into each result; nothing else of the result changes."""
    known = tuple(waivers)
    return [
        {**record, "waived": cover.model_dump(mode="json")}
        if (cover := next((waiver for waiver in known if covers(waiver, record)), None))
        else dict(record)
        for record in records
    ]


def on(records: Iterable[Record], today: date) -> list[dict[str, Any]]:
    """Take out the waivers that do not hold on a day; a result that lost its waiver says so."""
    return [_without(record, today) if record.get("waived") else dict(record) for record in records]


def _without(record: Record, today: date) -> dict[str, Any]:
    waived = record["waived"]
    if date.fromisoformat(waived["granted"]) <= today <= date.fromisoformat(waived["expires"]):
        return dict(record)
    kept = {key: value for key, value in record.items() if key != "waived"}
    when = f"expired on {waived['expires']}" if today.isoformat() > waived["expires"] else "has not begun"
    return {**kept, "sentence": f"{record['sentence']}; the waiver of {waived['owner']} {when}"}
