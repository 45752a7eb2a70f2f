"""The loader that an `MLmodel` of ours names: MLflow calls it, it opens the bundle as the server does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops.bundle.predictor import Predictor
from mlops.bundle.schema import BadRows
from mlops.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mlops.bundle.table import Row

CONFIG = "bundle"
"""What `MLmodel` calls the digest of its bundle, and whoever loads one may: `model_config={"bundle": "sha256:..."}`."""


class BundleModel:
    """What `mlflow.pyfunc.load_model` wraps: pandas rows in, the predictor's scores out."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self._types = {field.name: field.type for field in predictor.schema.fields}

    def predict(self, model_input: Any, params: Mapping[str, Any] | None = None) -> NDArray[np.floating[Any]]:
        """Score a pandas frame or a list of rows, exactly as the server does.

        Raises:
            BadRows: the server would refuse a row; here that refuses all, for a score has no place for none.
        """
        if params:
            raise DataError("this model has no inference parameters")
        rows = model_input if isinstance(model_input, list) else self._rows(model_input)
        rows = self._predictor.read(rows)
        found = self._predictor.inspect(rows)
        if found.count:
            raise BadRows(found.problems, found.count)
        return self._predictor.score_rows(rows)

    def _rows(self, frame: Any) -> Sequence[Row]:
        """Spell a pandas frame as a request would; columns the model does not read are left out."""
        names = [name for name in self._types if name in frame.columns]
        columns = [[_plain(value, self._types[name]) for value in frame[name].tolist()] for name in names]
        if not names:
            return [{} for _ in range(len(frame))]
        return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _load_pyfunc(path: str, model_config: Mapping[str, Any] | None = None) -> BundleModel:
    """Open the bundle that MLflow downloaded; the name of this function is MLflow's.

    `model_config` is what `MLmodel` says or, in its place, who loads: `bundle` is the digest that the bundle must have.
    An `MLmodel` of earlier releases says none.

    Raises:
        IntegrityError: the bundle is another, or not what its manifest says.
    """
    expected = None if model_config is None else str(model_config.get(CONFIG, "the one that MLmodel names"))
    return BundleModel(Predictor.open(Path(path), expected))


def _plain(value: Any, kind: str) -> Any:
    """Undo what pandas did to a JSON value: gaps that are NaN, NaT or NA, and times that are its own class."""
    if value is None or value != value or type(value).__name__ == "NAType":  # noqa: PLR0124 - NaN and NaT differ from themselves
        return None
    if not hasattr(value, "isoformat"):
        return value
    if kind == "date" and hasattr(value, "date"):
        value = value.date()
    return str(value.isoformat())
