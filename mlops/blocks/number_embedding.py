"""How a network embeds numbers: each becomes several, so that a layer need not bend what a straight line cannot.

Gorishniy, Rubachev and Babenko, On Embeddings for Numerical Features in Tabular Deep Learning, NeurIPS 2022.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mlops.blocks.block import Block
from mlops.blocks.number import Count, Positive


class Piecewise(Block):
    """A number in pieces of a broken line, whose corners training rows choose (PLE)."""

    kind: Literal["piecewise"]
    """Name of the kind."""
    bins: Annotated[int, Field(ge=1, le=1_024)] = 48
    """Pieces of a column at most; one with few values has fewer."""
    size: Count = 16
    """Numbers that a column becomes."""
    edges: Literal["quantile", "target"] = "quantile"
    """Where pieces meet: as many training rows in each, or at the branchings of a small tree that learns the target."""


class Periodic(Block):
    """A number as sines and cosines of learnt frequencies, then a layer that all columns share (PLR, lite)."""

    kind: Literal["periodic"]
    """Name of the kind."""
    frequencies: Count = 48
    """Frequencies of a column."""
    spread: Positive = 0.01
    """Standard deviation of the frequencies to begin with, in waves for each standard deviation of the column."""
    size: Count = 24
    """Numbers that a column becomes."""


class PeriodicBias(Block):
    """A number, scaled by quartiles and bent so that none lies far out, beside cosines of it through a layer of its own
    (PBLD; Holzmüller, Grinsztajn and Steinwart, Better by Default, NeurIPS 2024).
    """

    kind: Literal["pbld"]
    """Name of the kind."""
    frequencies: Count = 16
    """Cosines of a column."""
    spread: Positive = 0.1
    """Standard deviation of the frequencies to begin with, in waves for each unit of the scaled column."""
    size: Annotated[int, Field(ge=2, le=1_024)] = 4
    """Numbers that a column becomes, itself among them."""


Embed = Annotated[Piecewise | Periodic | PeriodicBias, Field(discriminator="kind")]
