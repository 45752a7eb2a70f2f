"""A split: its shares add up, and the column that it goes by is named."""

from __future__ import annotations

from collections.abc import Iterator

from mlops.blocks.column_name import typed
from mlops.configuration.checking.problem import Problem
from mlops.configuration.data import Data
from mlops.configuration.pipeline import Pipeline


def split_is_whole(pipeline: Pipeline) -> Iterator[Problem]:
    """Shares add up, and a split by a column names it."""
    split = pipeline.data.split
    fractions = split.fractions
    total = fractions.train + fractions.validation + fractions.test
    if abs(total - 1) > 1e-9:
        yield Problem(
            ("data", "split", "fractions"), f"the fractions add up to {total:g}", "make them add up to 1", "split"
        )
    if split.by in ("group", "time", "column") and split.key is None:
        message = f"a split by {split.by} needs the column it goes by"
        key = split_key(pipeline.data, split.by)
        yield Problem(("data", "split"), message, f"write `split: {{by: {split.by}, key: {key}}}`", "split")
    if split.by in ("random", "stratified") and split.key is not None:
        message = f"a {split.by} split has no `key`"
        yield Problem(("data", "split", "key"), message, "write `by: group` or `by: time`, or remove it", "split")
    if split.copies is not None and split.by not in ("random", "stratified"):
        why = "groups stay whole as they are" if split.by == "group" else f"a split by {split.by} moves no row"
        yield Problem(("data", "split", "copies"), why, "remove it", "split")
    if split.values and split.by != "column":
        message = f"a split by {split.by} takes no part from a column"
        yield Problem(("data", "split", "values"), message, "write `by: column`, or remove it", "split")
    if split.gap is not None and (split.by != "time" or pipeline.forecast is not None):
        why = (
            "a forecast leaves out its horizon by itself"
            if split.by == "time"
            else f"a split by {split.by} has no order"
        )
        yield Problem(("data", "split", "gap"), why, "remove it", "split")
    words = [str(value).casefold() for listed in split.values.values() for value in listed]
    for word in sorted({word for word in words if words.count(word) > 1}):
        message = f"`{word}` stands for two parts"
        yield Problem(("data", "split", "values"), message, "keep one of the two", "split")
    if split.by == "stratified" and pipeline.task in ("regression", "forecasting"):
        yield Problem(("data", "split", "by"), "a number cannot be stratified", "write `by: random`", "split")


def split_key(data: Data, by: str) -> str:
    """Spell the column that a split could go by, of those that are declared; a word that asks for one where none is.

    Time goes by a date, groups by the entity, or else by what a key names; nothing says which column names the parts.
    """
    dated = [name for name, rule in data.columns.items() if rule.type in ("date", "datetime")]
    grouped = [name for name in (data.entity, *data.keys) if name]
    found = {"time": dated, "group": grouped}.get(by, [])
    return typed(found[0]) if found else "DATE" if by == "time" else "COLUMN"
