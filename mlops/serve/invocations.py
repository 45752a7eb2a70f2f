"""MLflow's scoring protocol: the forms a body may take, and the bytes of an answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from mlops.bundle.schema import MOST, BadRows, Problem
from mlops.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from mlops.bundle.predictor import Predictor

FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")
_SHOWN = 60  # characters of a foreign key that are repeated


class BadRequest(DataError):
    """A body that cannot be answered, with what is wrong in which row."""

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


def answer(
    predictor: Predictor, body: bytes, keep: Callable[[list[Any], NDArray[np.float32]], None] | None = None
) -> bytes:
    """Score the rows of a request, and give both to `keep` once they are good; raises BadRequest."""
    rows = parse(body)
    try:
        scores = predictor.predict_rows(rows)
    except BadRows as error:
        shown = f", the first {MOST} are listed" if error.count > MOST else ""
        what = "1 problem" if error.count == 1 else f"{error.count:,} problems"
        raise BadRequest(f"{what} in the rows of the request{shown}", error.problems) from error
    finite = np.isfinite(scores).reshape(len(scores), -1).all(axis=1) if len(scores) else np.ones(0, dtype=bool)
    if not finite.all():
        lost = [Problem(int(row), "", "the model gives no finite score") for row in np.flatnonzero(~finite)[:MOST]]
        raise BadRequest("the model gives no finite score for some rows", lost)
    if keep is not None:
        keep(rows, scores)
    said: dict[str, Any] = {"predictions": scores.tolist()}
    if (decided := predictor.decide(scores)) is not None:
        said["decisions"] = decided
    return json.dumps(said, separators=(",", ":")).encode("ascii")


def parse(body: bytes) -> list[Any]:
    """Read rows from `dataframe_split`, `dataframe_records`, `instances` or `inputs`; raises BadRequest."""
    try:
        document = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the body is not JSON: {_short(error)}") from error
    if not isinstance(document, dict):
        raise BadRequest(f"the body must be an object with one of {', '.join(FORMS)}")
    given = [key for key in document if not (key == "params" and not document[key])]
    if len(given) != 1 or given[0] not in FORMS:
        listed = ", ".join(repr(key[:_SHOWN]) for key in given[:MOST]) or "nothing"
        raise BadRequest(f"the body must have exactly one of {', '.join(FORMS)}, not {listed}")
    form = given[0]
    value = document[form]
    if form == "dataframe_split":
        return _split(value)
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and form != "dataframe_records":
        return _columns(form, value)
    wanted = "a list of rows" if form == "dataframe_records" else "a list of rows or an object of columns"
    raise BadRequest(f"{form} must be {wanted}")


def _split(value: Any) -> list[Any]:
    columns, data = (value.get("columns"), value.get("data")) if isinstance(value, dict) else (None, None)
    if not isinstance(columns, list) or not isinstance(data, list):
        raise BadRequest("dataframe_split must be an object with the lists `columns` and `data`")
    if not all(isinstance(name, str) for name in columns) or len(set(columns)) != len(columns):
        raise BadRequest("dataframe_split.columns must be strings, each only once")
    width = len(columns)
    problems = [
        Problem(index, "", f"must be a list of {width} values, one per column")
        for index, row in enumerate(data)
        if not isinstance(row, list) or len(row) != width
    ]
    if problems:
        raise BadRequest("dataframe_split.data has rows of another width than its columns", problems[:MOST])
    return [dict(zip(columns, row, strict=True)) for row in data]


def _columns(form: str, value: dict[str, Any]) -> list[Any]:
    if not all(isinstance(column, list) for column in value.values()):
        raise BadRequest(f"{form} must be a list of rows or an object of lists, one per column")
    if len({len(column) for column in value.values()}) > 1:
        raise BadRequest(f"the columns of {form} must all have the same length")
    return [dict(zip(value, row, strict=True)) for row in zip(*value.values(), strict=True)]


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON, send null for a missing value")


def _short(error: Exception) -> str:
    return "too deeply nested" if isinstance(error, RecursionError) else str(error)[:200]
