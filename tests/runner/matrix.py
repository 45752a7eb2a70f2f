"""The jobs of a matrix."""

from __future__ import annotations

import itertools
from typing import Any

MOST = 256  # jobs a matrix may make


class MatrixError(Exception):
    """GitHub would refuse the matrix and fail the job."""


def expand(matrix: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Give the combinations of a matrix, in order; one empty one where there is no matrix."""
    if matrix is None:
        return [{}]
    vectors = {name: values for name, values in matrix.items() if name not in ("include", "exclude")}
    for name, values in vectors.items():
        if not isinstance(values, list) or not values:
            raise MatrixError(f"Matrix vector '{name}' does not contain any values")
    made = [dict(zip(vectors, chosen, strict=True)) for chosen in itertools.product(*vectors.values())]
    made = [one for one in made if vectors and not any(_fits(one, out) for out in matrix.get("exclude", []))]
    extra = []
    for include in matrix.get("include", []):
        shared = {name: value for name, value in include.items() if name in vectors}
        fitting = [one for one in made if vectors and _fits(one, shared)]
        for one in fitting:
            one.update(include)
        extra += [] if fitting else [dict(include)]
    if not 0 < len(made + extra) <= MOST:
        raise MatrixError(f"a matrix makes 1 to {MOST} jobs, this one {len(made + extra)}")
    return made + extra


def title(name: Any, matrix: dict[str, Any]) -> str:
    """Name a job of a matrix."""
    values = ", ".join(str(value) for value in matrix.values())
    return f"{name} ({values})" if matrix else str(name)


def _fits(one: dict[str, Any], part: dict[str, Any]) -> bool:
    return all(one.get(name) == value for name, value in part.items())
