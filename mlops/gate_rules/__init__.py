"""Kinds of rule on what the checks of the data said (`data:` in a gate): a file each, with what it reads of them."""

from __future__ import annotations

from functools import partial

from mlops.blocks.block import Block
from mlops.kinds.kind import Kind, of_plugin
from mlops.kinds.slice import Slice

GATE_RULES = Slice[Kind]("gate_rules", "gate rule", partial(of_plugin, role="gate", base=Block))
