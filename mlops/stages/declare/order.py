"""The stages in running order: the one list of their names, for whoever runs one and needs no declaration."""

from __future__ import annotations

STAGES = (
    "ingest",
    "validate",
    "split",
    "features",
    "tune",
    "train",
    "bundle",
    "evaluate",
    "measure",
    "gate",
    "package",
)
