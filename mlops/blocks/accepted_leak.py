"""`leak:` of conf/accept/<pipeline>.yaml: columns that tell the target almost alone, and are known beforehand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from mlops.blocks.block import Block, Column, Items, one_line

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class AcceptedLeak(Block):
    """What looks like a leak and is none; reviewed by the policy's owners, and in force once it is merged."""

    columns: Annotated[Items[Column], Field(min_length=1)]
    """The columns that a result too good to be true may hang on: every one is known when a prediction is asked for."""
    reason: Annotated[str, Field(min_length=10, max_length=500), one_line("a reason")]
    """How they are known beforehand; it is shown wherever the finding is."""


def cure(columns: Iterable[str]) -> str:
    """Say what to type about columns that give the target away.

    >>> cure(["paid", "closed at"])[:66]
    'leave out what is known only afterwards (`exclude: {after_outcome:'
    """
    names = ", ".join(name if _PLAIN.fullmatch(name) else json.dumps(name, ensure_ascii=False) for name in columns)
    return (
        f"leave out what is known only afterwards (`exclude: {{after_outcome: [{names}]}}` in the data block), or, "
        "where all of it is known when a prediction is asked for, accept it in conf/accept/PIPELINE.yaml "
        f"(`leak: {{columns: [{names}], reason: ...}}`)"
    )
