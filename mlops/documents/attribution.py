"""`explain.json`: what shares of a score are taken from, beside the model, in a bundle that answers `/explain`."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from mlops.documents.document import Document, Part

Mode = Literal["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ", "LEAF"]


class Trees(Part):
    """All nodes of all trees, a list for each thing that is known of them; a leaf has feature, value and children 0."""

    modes: tuple[Mode, ...]
    features: tuple[int, ...]
    values: tuple[float, ...]
    true: tuple[int, ...]
    """Where a row goes of which the comparison holds: the position of a node."""
    false: tuple[int, ...]
    missing: tuple[bool, ...]
    """Whether it holds of a missing number."""
    rows: tuple[int, ...]
    """Training rows that came by."""
    roots: tuple[int, ...]
    leaves: dict[int, tuple[float, ...]]
    """What a leaf adds to each output, in the unit of what is explained."""

    @model_validator(mode="after")
    def _whole(self) -> Trees:
        """Refuse lists of other lengths, and nodes that are not a forest: each but a root has one parent."""
        lists = (self.features, self.values, self.true, self.false, self.missing, self.rows)
        if {len(each) for each in lists} != {len(self.modes)}:
            raise ValueError("the lists of nodes differ in length")
        branches = [place for place, mode in enumerate(self.modes) if mode != "LEAF"]
        reached = [*self.roots, *(child for place in branches for child in (self.true[place], self.false[place]))]
        if sorted(reached) != list(range(len(self.modes))):
            raise ValueError("the nodes are no trees")
        if any(self.modes[leaf] != "LEAF" for leaf in self.leaves if 0 <= leaf < len(self.modes)):
            raise ValueError("a node that branches adds to no output")
        return self


class Lines(Part):
    """A linear model: weights [outputs, inputs], and the mean of each input in training."""

    weights: tuple[tuple[float, ...], ...]
    mean: tuple[float, ...]


class AttributionBasis(Document):
    """How scores of a bundle are shared out among columns; no row of the data is in it."""

    schema_version: Literal[1] = 1
    method: Literal["trees", "linear", "sampled"]
    unit: Literal["log-odds", "probability", "target"]
    start: tuple[float, ...] = ()
    """What each output is before any share."""
    inputs: tuple[int, ...] = ()
    """Which features of the transform the model reads, in its order."""
    fills: tuple[float | None, ...] = ()
    """What stands for a missing one; None where the model takes it as missing."""
    trees: Trees | None = None
    lines: Lines | None = None
