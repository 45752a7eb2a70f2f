"""Whether two accounts of the same run agree: predictions row by row, and documents value by value."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mlops.ml.evaluation.predictions import Predictions

TOLERANCE = 1e-4
"""Relative: a score in float32 has seven digits, and a sum of thousands in another order keeps four of them."""
_ZERO = 1e-7


def differing(recorded: Predictions, again: Predictions) -> Iterator[str]:
    """Say how two tables of predictions differ: rows, target, slices and groups by a bit, scores by the tolerance."""
    import numpy as np

    if (recorded.task, recorded.classes) != (again.task, again.classes):
        yield "the predictions are of another task or of other classes"
        return
    if len(recorded) != len(again) or not np.array_equal(recorded.rows, again.rows):
        yield f"the predictions are about other rows: {len(recorded):,} are recorded, {len(again):,} come out"
        return
    exact: dict[str, tuple[NDArray[Any] | None, NDArray[Any] | None]] = {"the target": (recorded.target, again.target)}
    exact["the group"] = (recorded.groups, again.groups)
    exact["the scale"] = (recorded.scale, again.scale)
    exact["the weight"] = (recorded.weights, again.weights)
    exact["the fold"] = (recorded.folds, again.folds)
    names = sorted({*recorded.slices, *again.slices})
    exact |= {f"the slice `{by}`": (recorded.slices.get(by), again.slices.get(by)) for by in names}
    for what, (ours, theirs) in exact.items():
        if count := _unequal(ours, theirs):
            yield f"{what} of {count:,} of {len(again):,} rows is another"
    for model in sorted({*recorded.scores, *again.scores} - {"champion"}):
        if count := _apart(recorded.scores.get(model), again.scores.get(model)):
            yield f"the score of {model} of {count:,} of {len(again):,} rows is another"
    for model in sorted({*recorded.decisions, *again.decisions} - {"champion"}):
        ours, theirs = recorded.decisions.get(model), again.decisions.get(model)
        alike = np.asarray(_equal_rows(recorded.scores.get(model), again.scores.get(model), len(again)))
        if ours is None or theirs is None or (ours[alike] != theirs[alike]).any():
            yield f"the decisions of {model} are others"


def _unequal(ours: NDArray[Any] | None, theirs: NDArray[Any] | None) -> int:
    import numpy as np

    if ours is None or theirs is None:
        return 0 if ours is theirs else len(theirs if ours is None else ours)  # type: ignore[arg-type]
    both_unknown = np.zeros(len(ours), dtype=bool)
    if ours.dtype.kind == "f" and theirs.dtype.kind == "f":
        both_unknown = np.isnan(ours) & np.isnan(theirs)
    return int(((ours != theirs) & ~both_unknown).sum())


def _apart(ours: NDArray[Any] | None, theirs: NDArray[Any] | None) -> int:
    """Count the rows [n] whose scores [n] or [n, k] are further apart than they may be."""
    import numpy as np

    if ours is None or theirs is None or ours.shape != theirs.shape:
        return len(theirs if ours is None else ours)  # type: ignore[arg-type]
    close = np.isclose(ours, theirs, rtol=TOLERANCE, atol=_ZERO, equal_nan=True)
    return int((~(close if close.ndim == 1 else close.all(axis=1))).sum())


def _equal_rows(ours: NDArray[Any] | None, theirs: NDArray[Any] | None, rows: int) -> NDArray[np.bool_]:
    import numpy as np

    if ours is None or theirs is None or ours.shape != theirs.shape:
        return np.zeros(rows, dtype=bool)
    same: NDArray[np.bool_] = (ours == theirs) if ours.ndim == 1 else (ours == theirs).all(axis=1)
    return same


def first_difference(ours: Any, theirs: Any, at: str = "") -> str:
    """Name the first place at which two JSON documents differ; empty where they agree within the tolerance.

    >>> first_difference({"rows": [1, 2.0]}, {"rows": [1, 2.1]})
    'rows[1]'
    """
    if isinstance(ours, dict) and isinstance(theirs, dict):
        keys = sorted({*ours, *theirs})
        if alone := next((key for key in keys if key not in ours or key not in theirs), None):
            return f"{at}.{alone}".lstrip(".")
        pairs = [(f"{at}.{key}".lstrip("."), ours[key], theirs[key]) for key in keys]
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = [(f"{at}[{n}]", *both) for n, both in enumerate(zip(ours, theirs, strict=True))]
    else:
        same = close(ours, theirs) if number(ours) and number(theirs) else type(ours) is type(theirs) and ours == theirs
        return "" if same else at or "its top"
    return next((found for place, one, other in pairs if (found := first_difference(one, other, place))), "")


def number(value: Any) -> TypeGuard[float]:
    """Whether a value of JSON is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def close(ours: float, theirs: float) -> bool:
    """Whether two numbers agree within the tolerance; what is infinite, or too large for a float, agrees with nothing.

    >>> close(0.5, 0.50001), close(float("inf"), 0.5), close(10**400, 10**400)
    (True, False, False)
    """
    try:
        one, other = float(ours), float(theirs)
    except OverflowError:
        return False
    if not (math.isfinite(one) and math.isfinite(other)):
        return False
    return abs(one - other) <= max(TOLERANCE * max(abs(one), abs(other)), _ZERO)
