"""Rows that a bundle takes: of each field, what one of its golden rows has there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.kept.make import HERE

KEPT = sorted(HERE.glob("*/*.zip"))
"""A bundle of every kind."""


def rows_of(bundle: Path) -> st.SearchStrategy[dict[str, Any]]:
    """Draw rows; two fields of one come from two golden rows."""
    golden = json.loads((bundle / "golden.json").read_bytes())["rows"]
    return st.fixed_dictionaries({name: st.sampled_from([row[name] for row in golden]) for name in golden[0]})
