"""docs/conformance.json: what came of each server; docs/conformance.md has its table between two marks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
FILE, PAGE = DOCS / "conformance.json", DOCS / "conformance.md"
BEGIN, END = "<!-- table -->\n", "<!-- end of table -->\n"
CLIENTS = ("tritonclient", "KServe's client", "Schemathesis")


def held(name: str, found: dict[str, Any], *, update: bool) -> None:
    """Hold what was found to what is written down, or write it down; a client that is not here is left as it was."""
    there = json.loads(FILE.read_bytes()) if FILE.exists() else {}
    if update:
        there[name] = {**there.get(name, {}), **found}
        FILE.write_text(json.dumps(there, indent=1) + "\n")
        head, _, rest = PAGE.read_text().partition(BEGIN)
        PAGE.write_text(head + BEGIN + table(there) + END + rest.partition(END)[2])
        return
    assert {who: there[name].get(who) for who in found} == found


def table(there: dict[str, Any]) -> str:
    """Count what holds, a line a server.

    >>> table({"a": {"suite": [{"check": "x", "level": "must", "said": "holds"}]}}).splitlines()[2]
    '| a | 1 of 1 | 0 of 0 |  |  |  |'
    """
    lines = ["| server | must | should | " + " | ".join(CLIENTS) + " |", "| --- | --- | --- | --- | --- | --- |"]
    for name, found in there.items():
        cells = [name, _of(found["suite"], "must"), _of(found["suite"], "should")]
        lines.append("| " + " | ".join([*cells, *(_told(found.get(client)) for client in CLIENTS)]) + " |")
    return "\n".join(lines) + "\n"


def _of(steps: list[dict[str, str]], level: str) -> str:
    said = [step["said"] for step in steps if step["level"] == level and step["said"] != "does not apply"]
    return f"{said.count('holds')} of {len(said)}"


def _told(steps: list[dict[str, str]] | None) -> str:
    if steps is None:
        return ""
    failed = [step["check"] for step in steps if step["said"] == "fails"]
    return f"fails: {'; '.join(failed)}" if failed else "all hold"
