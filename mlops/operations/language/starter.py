"""The two YAML files a new pipeline starts with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mlops.compiler.rules.control_character import UNSEEN
from mlops.operations.language.flow import Value, flow, text

if TYPE_CHECKING:
    from mlops.ml.data.ahead import Ahead
    from mlops.ml.data.inference import ColumnGuess, Guess

GATES = {"binary": "binary_classifier", "multiclass": "multiclass_classifier", "regression": "regressor"}
_PARTS = {"hour": "[hour, weekday]", "day": "[weekday, month]", "week": "[month]", "month": "[month]"}
USUAL = "[linear, lightgbm]"
"""Candidates of a first model; what another learns is compared with what a straight line does.

No perceptron: of nine small tables validation, which keeps its best epoch, preferred it on eight, and on unseen rows
what went on was better on five and worse on three, for two thirds more CPU time (docs/small-data.md).
"""
WITHOUT_LIGHTGBM = {
    "binary": "[gradient_boosting, mlp]",
    "multiclass": "[gradient_boosting, mlp]",
    "regression": "[linear, gradient_boosting]",
}
"""Candidates where LightGBM cannot be loaded, by task."""
_CHOSEN = "  # candidates; the better one on validation goes on"
AUTO = "auto  # every kind that suits, searched under one budget, and their mean"
_MEANINGS = {
    "constant": "one value throughout",
    "empty": "no value at all",
    "free_text": "a text of its own in most rows",
    "index": "the index of a pandas table",
    "infinite": "holds infinite values",
    "leaks_target": "known only when the target is? else move it back, and accept it: `leak` in conf/accept/",
    "mixed": "numbers or dates, but for a few texts: write `nulls:`, or correct them",
    "unsupported": "of a type that cannot be learnt from",
}
OWNERS = 'owners: ["@me"]  # who reviews a change: a user or a team, as @someone or @organisation/team'
_MODELINE = "# yaml-language-server: $schema=../.schema/{}.json"
_NOT_ONE_LINE = re.compile(rf"\$\{{|{UNSEEN.pattern}")
_NOT_A_KEY = re.compile(r"<<|_\w+_")


def data_yaml(file: str, source: Mapping[str, Value], guess: Guess) -> str:
    """Write `conf/data/<name>.yaml`: the source and the schema that was guessed."""
    lines = [_MODELINE.format("data")]
    lines += [f"# What `mlops new` saw in {file}: {guess.rows:,} rows. Correct it where it is wrong."]
    out = {column for _, columns in guess.exclude for column in columns}
    shown = [column for column in guess.columns if column.name not in out]
    lines += [f"source: {flow(source)}", *columns_yaml(column_rules(shown))]
    if guess.keys:
        lines.append(f"keys: {flow(guess.keys)}  # who or which row, never learnt from")
    if guess.entity is not None:
        lines.append(f"entity: {text(guess.entity)}  # rows of one stay in one part of the split")
    if guess.exclude:
        lines.append("exclude:")
        lines += [f"  {reason}: {flow(columns)}  # {_MEANINGS[reason]}" for reason, columns in guess.exclude]
    if guess.null_targets:
        lines.append(f"drop_null_target: true  # {guess.null_targets:,} rows")
    return "\n".join(lines) + "\n"


def column_rules(
    columns: Iterable[ColumnGuess], more: Mapping[str, Mapping[str, Value]] | None = None
) -> dict[str, dict[str, Value]]:
    """Give the rules of each column by its name; `more` are further keys of columns, which hold over the guess."""
    return {
        column.name: {**dict(_rules(column)), **(more or {}).get(column.name, {})}
        for column in columns
        if not _NOT_A_KEY.fullmatch(column.name)
    }


def columns_yaml(rules: Mapping[str, Mapping[str, Value]]) -> list[str]:
    """Write the lines of `columns:`."""
    return ["columns:", *(f"  {text(name)}: {flow(said)}" for name, said in rules.items())]


def pipeline_yaml(
    name: str,
    file: str,
    target: str,
    guess: Guess,
    *,
    team: bool = False,
    horizons: Sequence[int] | None = None,
    models: str = USUAL,
    auto: Sequence[str] = (),
) -> str:
    """Write `conf/pipeline/<name>.yaml`: what is learnt, by which candidates (`models`), judged by which gates.

    A `team` reviews it where the policy gives its name one: then it names no owners of its own. Where `models` is
    `AUTO`, `auto` has the lines that it comes to.
    """
    return "\n".join(
        (
            "# @package _global_",
            _MODELINE.format("pipeline"),
            "defaults:",
            f"  - /data: {text(name)}",
            "  - /features: tabular",
            f"  - /model: {models}{'' if models == AUTO else _CHOSEN}",
            f"  - /gates: {'forecaster' if guess.ahead else GATES[guess.task]}",
            "  - /deploy: [local]",
            "  - _self_",
            f"description: {text(f'Predict {target} from {file}')}",
            *([] if team else [OWNERS]),
            "risk: limited",
            *(_ahead(guess.ahead, horizons or (1,)) if guess.ahead else [f"task: {guess.task}"]),
            f"data: {flow({'target': target, 'split': split(guess)})}",
            *auto,
            "",
        )
    )


def _ahead(ahead: Ahead, distances: Sequence[int]) -> Iterator[str]:
    yield "task: forecasting"
    first, last = distances[0], distances[-1]
    every = list(distances) == list(range(first, last + 1))
    several: Value = f"{first}..{last}" if every else list(distances)
    horizon: dict[str, Value] = {"horizon": first} if len(distances) == 1 else {"horizons": several}
    forecast: dict[str, Value] = {**horizon, "every": ahead.every, "season": ahead.season}
    yield f"forecast: {flow({**forecast, **({'series': ahead.series} if ahead.series else {})})}"
    if ahead.every in _PARTS:
        yield f"features: {{datetime: {{parts: {_PARTS[ahead.every]}}}}}"


def split(guess: Guess) -> dict[str, Value]:
    """Choose how rows are divided: a forecast's in time, whole entities where rows repeat them, else classes evenly.

    Small tables are dealt into folds, so that every row is judged.
    """
    if guess.ahead is not None:
        return {"by": "time", "key": guess.ahead.date}
    folds: dict[str, Value] = {} if guess.folds is None else {"folds": guess.folds}
    if guess.entity is not None:
        return {"by": "group", "key": guess.entity, **folds}
    copies: dict[str, Value] = {"copies": "together"} if guess.copies else {}
    return {"by": "random" if guess.task == "regression" else "stratified", **folds, **copies}


def label(value: str | int | float | bool) -> str:
    """Spell a class as YAML would."""
    return flow(value)


def _rules(column: ColumnGuess) -> Iterator[tuple[str, Value]]:
    yield "type", column.type
    if column.number is not None:
        yield "number", column.number.model_dump(exclude_defaults=True)
    if column.nulls is not None:
        yield "nulls", {"at_most": column.nulls}
    if column.between is not None:
        yield "between", column.between
    if column.one_of is not None and not any(_NOT_ONE_LINE.search(level) for level in column.one_of):
        yield "in", column.one_of
    for key in ("unique", "sensitive", "personal"):
        if getattr(column, key):
            yield key, True
