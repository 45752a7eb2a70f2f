"""`data.drift:` and `data.label_noise:` how far a snapshot may be from what was accepted, how wrong its labels."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mlops.blocks.block import Block, Column, Digest, Items, Share
from mlops.blocks.column_rule import Severity

Statistic = Literal["psi", "ks", "jensen_shannon", "wasserstein", "chi_square"]


class DriftLimits(Block):
    """How far the columns that are learnt from may have moved from an accepted snapshot."""

    reference: str
    """File in the pipeline's folder: a copy of `reports/data.json` of the accepted snapshot."""
    sha256: Digest | None = None
    """Digest that the file must have."""
    at_most: Annotated[dict[Statistic, Annotated[float, Field(ge=0)]], Field(min_length=1)]
    """Largest value allowed, by statistic; `wasserstein` is in the column's own unit."""
    columns: Items[Column] | None = None
    """The only columns that are held; all where none is named."""
    minimum_rows: Annotated[int, Field(ge=1)] = 500
    """With fewer rows, or values of a column, drift cannot be told from chance, and the check fails."""
    severity: Severity = "block"
    """`warn` reports drift without stopping on it."""


class NoiseLimit(Block):
    """How many labels may be wrong, by an estimate from out-of-fold predictions."""

    at_most: Share
    """Share of the rows, from 0 to 1."""
    severity: Severity = "warn"
    """`block` stops on an estimate."""
