"""What LightGBM's boosted trees may be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mlops.blocks.block import Block
from mlops.blocks.number import Count, Fraction, NotNegative, Positive
from mlops.kinds.kind import of_block
from mlops.kinds.reference import load
from mlops.models.groups import by_columns
from mlops.models.probe import Probe

if TYPE_CHECKING:
    from mlops.ml.training.problem import Problem
    from mlops.ml.training.session import Candidate


class LightGBM(Block):
    """Boosted trees that grow leaf by leaf (LightGBM); as many are kept as do best on validation.

    Growing ends where a hundred trees more were no better there.
    """

    kind: Literal["lightgbm"]
    """Name of the kind."""
    trees: Count = 2_000
    """Trees at most; of more than two classes, of each."""
    leaves: Annotated[int, Field(ge=2, le=4_096)] = 31
    """Leaves of a tree at most."""
    depth: Count | None = None
    """Depth of a tree at most; `null` for no limit but its leaves."""
    lr: Positive = 0.05
    """Learning rate."""
    min_leaf: Count = 20
    """Rows that a leaf holds at least."""
    rows: Fraction = 1.0
    """Share of the rows that each tree sees."""
    features: Fraction = 1.0
    """Share of the features that each branching chooses from."""
    l1: NotNegative = 0.0
    """L1 penalty of the leaves' values."""
    l2: NotNegative = 0.0
    """L2 penalty of the leaves' values."""
    columns: Literal["native", "scaled"] = "native"
    """`native`: numbers as the table has them, a missing one going where training sent such, and categories of up to
    64 levels by sets of levels, longer ones by how frequent a level is. `scaled`: as `features` says."""


def candidate(problem: Problem, parameters: LightGBM) -> Candidate:
    """Make trees that are to grow leaf by leaf."""
    made: Candidate = load("mlops.ml.training.leafwise:LeafwiseCandidate")(problem, parameters)
    return made


KIND = of_block(
    LightGBM,
    {"train": candidate, "groups": by_columns},
    tasks="binary multiclass regression",
    quantile=True,
    course="validation",
    refit=True,
    probes={"lightgbm": Probe("binary", (("trees", 20), ("min_leaf", 5)))},
)
