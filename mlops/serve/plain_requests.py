"""Requests of plain rows and nothing else, which most are: read by orjson, and checked and scored in one pass.

What is not plain is left to `invocations`, which reads the body anew and says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import numpy as np
import orjson

from mlops.serve import client_names, spelling

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from mlops.bundle.plain_rows import PlainRows
    from mlops.bundle.prediction_log import Clients
    from mlops.bundle.predictor import Predictor
    from mlops.bundle.table import Row, Table
    from mlops.serve.regular_bodies import RegularBodies

    # the rows that were answered, their scores, their positions in the request, and what the client calls them
    Keep = Callable[[Sequence[Any], NDArray[np.floating[Any]], Sequence[int], Clients], None]

LISTS = ("dataframe_records", "instances", "inputs")
"""Forms that may be a list of rows."""


class Split(Sequence["Row"]):
    """Rows as one list of names and a list of values each; a row is made when somebody looks at it."""

    def __init__(self, names: Sequence[str], values: Sequence[Sequence[Any]]) -> None:
        self.names, self._values = names, values

    def columns(self) -> list[Sequence[Any]]:
        """Give the values of each name."""
        return list(zip(*self._values, strict=True))

    def __len__(self) -> int:
        """Count the rows."""
        return len(self._values)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Split: ...
    def __getitem__(self, index: int | slice) -> Row | Split:
        """Make a row."""
        if isinstance(index, slice):
            return Split(self.names, self._values[index])
        return dict(zip(self.names, self._values[index], strict=True))


class Together(Split):
    """Rows as a list of values for each name, all of one length."""

    def __init__(self, given: Mapping[str, Sequence[Any]]) -> None:
        super().__init__(list(given), list(given.values()))

    def columns(self) -> list[Sequence[Any]]:
        """Give the values of each name, as they came."""
        return list(self._values)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self._values[0]) if self._values else 0

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Split: ...
    def __getitem__(self, index: int | slice) -> Row | Split:
        """Make a row."""
        made = {name: column[index] for name, column in zip(self.names, self._values, strict=True)}
        return Together(made) if isinstance(index, slice) else made


class Given(NamedTuple):
    """The form of a body, what it holds, and what the client says beside it."""

    form: str
    value: Any
    params: Any


def read(body: bytes) -> Given | None:
    """Read a body; None where it is no JSON that everybody reads alike, or no object of one form."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if type(document) is not dict:
        return None
    params = document.pop("params", None) if len(document) > 1 else None
    if len(document) != 1:
        return None
    ((form, value),) = document.items()
    return Given(form, value, params)


def listed(plain: PlainRows, given: Given) -> Sequence[Row] | None:
    """Give rows that came as a list, or as one of names and one of values; what they hold was not looked at."""
    value = given.value
    if given.form == "inputs" and type(value) is list and value and type(value[0]) is list:
        return Split(plain.names, value) if _even(plain.names, value) else None
    if type(value) is list and given.form in LISTS:
        return value
    if type(value) is not dict or given.form != "dataframe_split":
        return None
    names, data = value.get("columns"), value.get("data")
    return Split(names, data) if names is not None and data is not None and _even(names, data) else None


def answer(
    predictor: Predictor,
    plain: PlainRows,
    body: bytes,
    keep: Keep | None = None,
    most: int | None = None,
    regular: RegularBodies | None = None,
) -> bytes | None:
    """Score the rows of a request; None where it is left to others.

    With a reader of `regular` bodies, `keep` may be given the numbers of rows in place of what they hold.

    Raises:
        BadRequest: what the client calls the rows is no name.
    """
    if regular is not None and (counted := regular.read(body, most)) is not None:
        return _scored(predictor, range(counted[0]), counted[1], keep, None)
    given = read(body)
    found = None if given is None else _rows(plain, given, most)
    if given is None or found is None:
        return None
    rows, table = found
    clients = client_names.read(given.params, len(rows)) if given.params else None
    return _scored(predictor, rows, table, keep, clients)


def _scored(
    predictor: Predictor, rows: Sequence[Any], table: Table, keep: Keep | None, clients: Clients
) -> bytes | None:
    """Score what was read; None where a score is not finite."""
    scores = predictor.model.score(predictor.transform.assemble(table, small=True))
    if not np.isfinite(scores).all():
        return None
    if keep is not None:
        keep(rows, scores, range(len(rows)), clients)
    return spelling.answer(scores, predictor.decide(scores))


def _rows(plain: PlainRows, given: Given, most: int | None) -> tuple[Sequence[Row], Table] | None:
    """Give the rows of a request, and what was read of them; none at all are not plain, nor are too many."""
    rows = (
        _columns(given) if given.form in ("instances", "inputs") and type(given.value) is dict else listed(plain, given)
    )
    if rows is None or not 0 < len(rows) <= (most or len(rows)):
        return None
    table = plain.table_of_columns(rows.names, rows.columns()) if isinstance(rows, Split) else plain.table(rows)
    return None if table is None else (rows, table)


def _columns(given: Given) -> Split | None:
    """Give rows that came as columns of one length."""
    columns = list(given.value.values())
    if set(map(type, columns)) != {list} or len(set(map(len, columns))) != 1:
        return None
    return Together(given.value)


def _even(names: Any, data: Any) -> bool:
    """Tell whether values are lists, each as long as that of names."""
    if type(names) is not list or type(data) is not list or set(map(type, names)) != {str}:
        return False
    return set(map(type, data)) == {list} and set(map(len, data)) == {len(names)} and len(set(names)) == len(names)
