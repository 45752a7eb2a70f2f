"""Kinds of source: a file each, with how its rows are read."""

from __future__ import annotations

from functools import partial

from mlops.blocks.block import Block
from mlops.kinds.kind import Kind, of_plugin
from mlops.kinds.slice import Slice

SOURCES = Slice[Kind]("sources", "source", partial(of_plugin, role="ingest", base=Block))
