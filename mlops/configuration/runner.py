"""The machines that jobs run on."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from mlops.blocks.block import Items

Label = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
_Labels = Label | Annotated[list[Label], Field(min_length=1)]
Labels = Annotated[
    Items[Label],
    Field(min_length=1),
    BeforeValidator(lambda value: (value,) if isinstance(value, str) else value, json_schema_input_type=_Labels),
]
Minutes = Annotated[int, Field(ge=1, le=360)]
_HOSTED = re.compile(r"(ubuntu|windows|macos)-(latest|\d+(\.\d+)?)(-arm|-intel|-large|-xlarge|-slim)?")


def own(runner: tuple[str, ...]) -> bool:
    """Whether labels may mean a machine of the team's own: anything but one that GitHub makes for a single job."""
    return len(runner) != 1 or not _HOSTED.fullmatch(runner[0])
