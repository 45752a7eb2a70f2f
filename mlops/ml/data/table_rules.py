"""What must hold between columns and for a table as a whole: pairs, freshness, functions of the pipeline's own code."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from mlops.blocks.table_rule import Freshness, OwnCheck, Pair
from mlops.errors import ConfigurationError, MlopsError
from mlops.ml.data.checks import Check, failure
from mlops.ml.data.schema import Rule, escaped
from mlops.ml.user_code import address

_DAY = datetime.timedelta(days=1)
_WORDS = {
    "less_than": "is not less than",
    "at_most": "is greater than",
    "equals": "differs from",
    "differs_from": "equals",
    "at_least": "is less than",
    "greater_than": "is not greater than",
    "requires": "is there without",
    "missing_with": "is missing without, or there without,",
}


def pair(rule: Pair, rows: int) -> Rule:
    """Compile how two columns stand to each other; a comparison with a missing value breaks nothing."""
    left, right = pl.col(rule.left), pl.col(rule.right)
    breaks = {
        "less_than": left >= right,
        "at_most": left > right,
        "equals": left != right,
        "differs_from": left == right,
        "at_least": left < right,
        "greater_than": left <= right,
        "requires": left.is_not_null() & right.is_null(),
        "missing_with": left.is_null() != right.is_null(),
    }[rule.relation]
    sentence = f"in {{failed}} of {{total}} rows `{escaped(rule.left)}` {_WORDS[rule.relation]} `{escaped(rule.right)}`"
    return Rule("pair", rule.left, rule.severity, breaks.sum(), rows, sentence, breaks=breaks)


def fresh(frame: pl.DataFrame, rule: Freshness) -> Check:
    """Compare the newest value of a column with a date, or with the newest value of another column."""
    if (before := rule.before) is None:  # the compiler writes the source's day there
        raise ConfigurationError(f"freshness of `{rule.column}` has no day to count from", hint="write `before:`")
    newest = _moment(frame, rule.column)
    limit = _moment(frame, before) if before in frame.columns else _declared(before)
    beside = f"the newest `{before}`" if before in frame.columns else before
    if newest is None or limit is None:
        absent = rule.column if newest is None else before
        return failure(
            "freshness", rule.column, f"`{absent}` has no date to tell how fresh it is", severity=rule.severity
        )
    age = (limit - newest) / _DAY
    if age <= rule.at_most_days:
        return Check("freshness", rule.column, rule.severity, 0, 1)
    days = "1 day" if age == 1 else f"{age:,.4g} days"
    words = f"the newest `{rule.column}` is {days} before {beside}; at most {rule.at_most_days:g} are allowed"
    return failure("freshness", rule.column, words, severity=rule.severity)


def own(frame: pl.DataFrame, rule: OwnCheck, root: Path, pipeline: str) -> Check:
    """Ask a function of the pipeline's own code; it is given a DataFrame and answers a truth, or one a row.

    Raises:
        ConfigurationError: the address is not in this pipeline's folder, or the function fails.
    """
    function = _load(rule.use, root, pipeline)
    name, column = rule.use.partition(":")[2], rule.columns[0] if len(rule.columns) == 1 else None
    given = frame.select(rule.columns) if rule.columns else frame.drop("__row__", strict=False)
    try:
        answer = function(given)
        if isinstance(answer, pl.Expr):
            answer = given.select(answer.alias("answer")).to_series()
    except MlopsError:
        raise
    except (Exception, SystemExit) as error:  # users' code raises anything; an exit would end the stage without a word
        raise ConfigurationError(
            f"check `{name}`: {_place(error, root / 'pipelines')}{type(error).__name__}",
            hint="it is given a polars DataFrame and answers a bool, or a Boolean Series or expression",
        ) from error
    failed, total = _counted(answer, name)
    words = f"{failed:,} of {total:,} rows break `{name}`" if total > 1 else f"`{name}` does not hold"
    return Check(name, column, rule.severity, failed, total, words if failed else "")


def _counted(answer: Any, name: str) -> tuple[int, int]:
    """Count what an answer refuses; one that is missing refuses."""
    if isinstance(answer, bool):
        return int(not answer), 1
    if isinstance(answer, pl.Series) and answer.dtype == pl.Boolean and answer.len():
        return answer.len() - int(answer.sum() or 0), answer.len()
    raise ConfigurationError(
        f"check `{name}` answers a {type(answer).__name__}, which says neither yes nor no",
        hint="answer a bool, or a Boolean Series or expression with a value a row",
    )


def _load(use: str, root: Path, pipeline: str) -> Any:
    """Import a function by its address; nothing but the pipeline's own folder is admitted."""
    file = (root / Path(*use.partition(":")[0].split("."))).with_suffix(".py")
    home = root / "pipelines" / pipeline
    inside = address.belongs(use, pipeline) and file.resolve().is_relative_to(home.resolve())
    if not (inside and file.is_file()):
        raise ConfigurationError(
            f"check `{use}` is not a function in pipelines/{pipeline}/",
            hint=f"write pipelines.{pipeline}.<module>:<function>",
        )
    try:
        found = address.named(address.module_of(use, root, pipeline), use)
    except MlopsError:
        raise
    except (Exception, SystemExit) as error:  # importing a module runs users' code
        raise ConfigurationError(f"check `{use}`: {_place(error, home)}{type(error).__name__}") from error
    if found is None:
        raise ConfigurationError(f"check `{use}`: the module has no function `{use.partition(':')[2]}`")
    return found


def _place(error: BaseException, folder: Path) -> str:
    """Say where in a user's code something failed; the message itself may carry values."""
    found = address.place(error, folder)
    return "" if found is None else f"{found[0].name}:{found[1]}: "


def _moment(frame: pl.DataFrame, name: str) -> datetime.datetime | None:
    if not frame.schema[name].is_temporal():
        raise ConfigurationError(
            f"freshness of `{name}`: it holds no dates",
            hint=f"declare `{name}: {{type: date}}`, or name another column",
        )
    value = frame.select(pl.col(name).cast(pl.Datetime("us")).max()).item()
    return value if isinstance(value, datetime.datetime) else None


def _declared(text: str) -> datetime.datetime:
    """Read a date as columns are read: one with a zone becomes UTC."""
    try:
        moment = datetime.datetime.fromisoformat(text)
        return moment.astimezone(datetime.UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except ValueError as error:
        raise ConfigurationError(
            f"freshness: `before: {text}` is neither a column nor a date", hint="write a date as 2030-12-31"
        ) from error


def named(
    pairs: Sequence[Pair], freshness: Sequence[Freshness], own_checks: Sequence[OwnCheck]
) -> Mapping[str, set[str]]:
    """List the columns that the rules name, by the key that names them."""
    return {
        "pairs": {name for rule in pairs for name in (rule.left, rule.right)},
        "freshness": {rule.column for rule in freshness},
        "checks": {name for rule in own_checks for name in rule.columns},
    }
