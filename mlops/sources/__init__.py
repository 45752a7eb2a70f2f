"""Kinds of source: a file each, with how its rows are read."""

from __future__ import annotations

from mlops.kinds.kind import Kind
from mlops.kinds.slice import Slice

SOURCES = Slice[Kind]("sources", "source")
