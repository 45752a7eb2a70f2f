"""MLflow's scoring protocol: the forms a body may take, and the bytes of an answer."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from mlops.bundle.refusal import BODY, UNKNOWN, counted
from mlops.bundle.schema import MOST, Problem
from mlops.errors import DataError
from mlops.serve import client_names, csv_rows, plain_requests, spelling
from mlops.serve.bad_request import BadRequest
from mlops.serve.scoring import Scored, score

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlops.bundle.plain_rows import PlainRows
    from mlops.bundle.prediction_log import Clients
    from mlops.bundle.predictor import Predictor
    from mlops.bundle.refusal import Refusals
    from mlops.bundle.schema import RequestSchema
    from mlops.serve.plain_requests import Keep
    from mlops.serve.regular_bodies import RegularBodies

FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")
_SHOWN = 60  # characters of a foreign key that are repeated


class Asked(NamedTuple):
    """The rows of a request, and the texts that its client calls them by, one for each row, where it sent any."""

    rows: list[Any]
    clients: Clients


def answer(
    predictor: Predictor,
    body: bytes,
    keep: Keep | None = None,
    refuse: Callable[[Refusals], None] | None = None,
    most: int | None = None,
    charset: str | None = None,
    plain: PlainRows | None = None,
    regular: RegularBodies | None = None,
) -> bytes:
    """Score the rows of a request, `most` of them; raises BadRequest.

    The body is JSON or, where a `charset` is given, CSV in that encoding. `plain` is a quicker reader of plain rows,
    and `regular` of many that are spelt evenly.

    Where the bundle refuses rows alone (`requests.batch`), one good row is enough: bad ones are answered by null at
    their place, and `problems` says why. What was answered is given to `keep`, what of it was refused to `refuse`.
    """
    if plain is not None and charset is None:
        said = plain_requests.answer(predictor, plain, body, keep, most, regular)
        if said is not None:
            return said
    rows, clients = asked(predictor, body, most, charset)
    return _spelled(score(predictor, rows, clients, keep, refuse))


def asked(predictor: Predictor, body: bytes, most: int | None = None, charset: str | None = None) -> Asked:
    """Read the rows of a request, `most` of them, which nobody looked into yet; raises BadRequest."""
    names = [field.name for field in predictor.schema.fields]
    return parse(body, most, names) if charset is None else _of_csv(predictor.schema, body, charset, most)


def _spelled(found: Scored) -> bytes:
    """Spell an answer with an item for each row, null for those that were refused."""
    if len(found.scores) == found.rows and not found.problems and not found.warnings:
        return spelling.answer(found.scores, found.decided)
    said = {
        "predictions": found.placed(found.scores.tolist()),
        **({} if found.decided is None else {"decisions": found.placed(found.decided)}),
        **({"problems": [asdict(problem) for problem in found.problems]} if found.problems else {}),
        **({"warnings": [asdict(warning) for warning in found.warnings]} if found.warnings else {}),
    }
    return json.dumps(said, separators=(",", ":")).encode("ascii")


def parse(body: bytes, most: int | None = None, names: Sequence[str] = ()) -> Asked:
    """Read rows, at most so many, from one of FORMS; raises BadRequest.

    `inputs` may be lists of values in the order of `names`, the model's columns.

    MLflow's `params` may say how the client calls the rows: `{"client_id": ["order-17", null]}`, a text or null for
    each row, or one text where there is one row.
    """
    try:
        document = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the body is not JSON: {_short(error)}") from error
    if not isinstance(document, dict):
        raise BadRequest(f"the body must be an object with one of {', '.join(FORMS)}")
    params = document.pop("params", None)
    given = list(document)
    if len(given) != 1 or given[0] not in FORMS:
        listed = ", ".join(repr(key[:_SHOWN]) for key in given[:MOST]) or "nothing"
        raise BadRequest(f"the body must have exactly one of {', '.join(FORMS)}, not {listed}")
    if most is not None:
        count_rows(given[0], document[given[0]], most)
    value = document[given[0]]
    positional = names and given[0] == "inputs" and isinstance(value, list) and set(map(type, value)) == {list}
    rows = _of_positions(names, value) if positional else _rows(given[0], value)
    return Asked(rows, client_names.read(params, len(rows)) if params else None)


def _of_csv(schema: RequestSchema, body: bytes, charset: str, most: int | None) -> Asked:
    """Read rows of CSV; nothing there says what a client calls them."""
    names = {*(field.name for field in schema.fields), *schema.keys, *schema.ignored}
    try:
        return Asked(list(csv_rows.rows_of(body, charset, names, most)), None)
    except csv_rows.TooMany as error:
        raise BadRequest(error.message, status=413) from error
    except DataError as error:
        raise BadRequest(error.message) from error


def count_rows(form: str, value: Any, most: int) -> None:
    """Refuse too many rows before any is made: a list of rows, `data` of a split, or columns of equal length."""
    if form == "dataframe_split" and isinstance(value, dict):
        value = value.get("data")  # its names are a list, too
    longest = len(value) if isinstance(value, list) else 0
    if isinstance(value, dict):
        longest = max((len(column) for column in value.values() if isinstance(column, list)), default=0)
    if longest > most:
        message = f"the request has {longest:,} rows, and at most {most:,} are answered: send fewer at a time"
        raise BadRequest(message, refused=BODY, status=413)


def _rows(form: str, value: Any) -> list[Any]:
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
    return _even("dataframe_split.data has rows of another width than its columns", columns, data)


def _of_positions(names: Sequence[str], data: list[Any]) -> list[Any]:
    listed = ", ".join(names[:MOST]) + (", ..." if len(names) > MOST else "")
    return _even(f"inputs has rows of another width than the model's columns, which are in order {listed}", names, data)


def _even(message: str, names: Sequence[str], data: list[Any]) -> list[Any]:
    """Give each value its name; raises BadRequest with `message` where a row has not one for each."""
    width = len(names)
    problems = [
        Problem(index, "", f"must be a list of {width} values, one per column")
        for index, row in enumerate(data)
        if not isinstance(row, list) or len(row) != width
    ]
    if problems:
        wrong = {problem.row: (UNKNOWN, "row") for problem in problems}
        raise BadRequest(message, problems[:MOST], counted(wrong, len(data), whole=True))
    return [dict(zip(names, row, strict=True)) for row in data]


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
