"""Transform and model as one: the only way scores are made, in evaluation and in serving."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlops.bundle.contents import Contents
from mlops.bundle.decision_rule import NAME as DECISION
from mlops.bundle.decision_rule import DecisionRule
from mlops.bundle.model import OnnxModel
from mlops.bundle.recipe import Recipe
from mlops.bundle.refusal import UNKNOWN
from mlops.bundle.row_reader import RowReader
from mlops.bundle.schema import MOST, Findings, Problem, RequestSchema
from mlops.bundle.transform import Transform
from mlops.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from mlops.bundle.table import Row


class Predictor:
    """Scores raw rows: binary [n] probability of `classes[1]`, multiclass [n, k], regression [n]."""

    def __init__(
        self, transform: Transform, model: OnnxModel, schema: RequestSchema, decision: DecisionRule | None = None
    ) -> None:
        if not _same(model.shape, transform.shape):
            raise IntegrityError(f"the model reads {list(model.shape)} but the transform makes {list(transform.shape)}")
        if [field.name for field in schema.fields] != [column.name for column in transform.recipe.columns]:
            raise IntegrityError("the request schema and the transform name other columns")
        self.transform = transform
        self.model = model
        if decision is not None and len(decision.values) != len(transform.recipe.target.classes or ()):
            raise IntegrityError("the decision is about other classes than the model")
        self.schema = schema
        self._reader = RowReader(schema, transform.recipe)
        self.decision = decision

    @classmethod
    def open(cls, folder: Path, expected: str | None = None) -> Predictor:
        """Verify a bundle, then load it; raises IntegrityError."""
        return cls.load(Contents.read(folder, expected))

    @classmethod
    def load(cls, contents: Contents) -> Predictor:
        """Load a bundle from the very bytes that were verified."""
        files = contents.files
        transform = Transform(Recipe.parse(files["transform.json"]))
        decision = DecisionRule.parse(files[DECISION]) if DECISION in files else None
        return cls(transform, OnnxModel(files["model.onnx"]), RequestSchema.parse(files["schema.json"]), decision)

    @property
    def task(self) -> str:
        """Say binary, multiclass or regression."""
        return self.transform.recipe.task

    @property
    def classes(self) -> tuple[Any, ...] | None:
        """Name the classes in the order of the scores; None for regression."""
        return self.transform.recipe.target.classes

    def decide(self, scores: NDArray[Any]) -> list[Any] | None:
        """Name the class decided for each score; None where the bundle does not say what decisions are worth."""
        classes = self.classes
        if self.decision is None or classes is None:
            return None
        return [classes[position] for position in self.decision.decide(scores).tolist()]

    def predict_rows(self, rows: Sequence[Row]) -> NDArray[np.floating[Any]]:
        """Score rows of JSON values with the bits they had in evaluation; raises BadRows."""
        rows = self.read(rows)
        self.schema.check(rows)
        return self.score_rows(rows)

    def read(self, rows: Sequence[Any]) -> list[Any]:
        """Read rows that are spelt as the file of the data is; what cannot be read stays, for the schema to refuse."""
        return self._reader.read(rows)

    def inspect(self, rows: Sequence[Any]) -> Findings:
        """Find what is wrong with the rows of a request, and which are none of those that the model is for."""
        found, asked = self.schema.inspect(rows), self.transform.recipe.where
        if asked is None:
            return found
        sound = [position for position in range(len(rows)) if position not in found.causes]
        outside = [sound[position] for position in self.transform.outside([rows[position] for position in sound])]
        words = f"is none of the rows that the model is for: {asked.expression}"
        told = tuple(Problem(position, "", words) for position in outside[:MOST])
        if not asked.refuse:
            return replace(found, warnings=told)
        causes = {**found.causes, **dict.fromkeys(outside, (UNKNOWN, "outside"))}
        return Findings((*found.problems, *told)[:MOST], found.count + len(outside), causes)

    def score_rows(self, rows: Sequence[Row]) -> NDArray[np.floating[Any]]:
        """Score rows that the schema has accepted."""
        return self.model.score(self.transform.apply_rows(rows))


def _same(declared: tuple[int | str | None, ...], made: tuple[int, ...]) -> bool:
    """Compare shapes; a name or None in the model's stands for any size."""
    return len(declared) == len(made) and all(
        not isinstance(want, int) or want == have for want, have in zip(declared, made, strict=True)
    )
