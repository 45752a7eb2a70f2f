"""How pictures are changed in training, so that a network sees no two of them twice alike."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mlops.blocks.block import Block


class Augment(Block):
    """What is drawn for each picture of each epoch, by the seed: the same bits whatever the machine."""

    flip: bool = False
    """Mirror every other picture, left to right; not for what has a side, such as digits."""
    shift: Annotated[int, Field(ge=0, le=64)] = 2
    """Pixels that a picture is moved by at most, in each direction; what comes in is 0."""
