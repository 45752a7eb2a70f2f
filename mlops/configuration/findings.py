"""What each finding about the YAML itself means; rules on a plan carry theirs in their own file.

An entry of `findings.txt` is `id: what it is`, then What, Why, Fix and Example, as `mlops explain ID` prints it.
"""

from __future__ import annotations

from importlib.resources import files


def _entries() -> dict[str, str]:
    text = files(__package__).joinpath("findings.txt").read_text(encoding="utf-8")
    return {entry.partition(":")[0]: entry.strip() for entry in text.split("\n\n")}


DOCUMENTED = _entries()
"""What `mlops explain ID` prints, by the ID."""
