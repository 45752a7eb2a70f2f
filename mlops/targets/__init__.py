"""Kinds of target, where a packaged model is served: a file each, with what it may be told and how it serves."""

from __future__ import annotations

from mlops.kinds.kind import Kind
from mlops.kinds.slice import Slice

TARGETS = Slice[Kind]("targets", "target")
