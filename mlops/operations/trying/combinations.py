"""What a command asks to be tried: every combination of its overrides, each a configuration that holds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from mlops.configuration.data import dump
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.reading.fleet import read_fleets
from mlops.configuration.reading.library import Configuration
from mlops.configuration.reading.overrides import (
    COMMAND_LINE,
    MOST,
    Choices,
    Override,
    choose,
    read_overrides,
    set_over,
    written,
)
from mlops.diagnostics import Diagnostic, Position, render, suggest
from mlops.errors import ConfigurationError
from mlops.files.plain_yaml import Values
from mlops.operations.language.readers import readers
from mlops.operations.trying.stages import until_train
from mlops.operations.workspace import Workspace, open_workspace

_JUDGE = ("evaluate", "gates", "preset")  # what is looked at after training, on test rows


@dataclass(frozen=True)
class Combination:
    """One value for each key, by the key as it was typed, and the repository as it would be with them."""

    values: Values
    workspace: Workspace


@dataclass(frozen=True)
class Asked:
    """What is to be tried of a pipeline; `now` is the repository as it is."""

    name: str
    now: Workspace
    combinations: tuple[Combination, ...]


def combinations(root: Path, name: str, texts: Sequence[str]) -> Asked:
    """Read overrides and check every combination of them as `mlops validate` would; the last key varies first.

    Raises:
        ConfigurationError: what is wrong with the repository; else everything that is wrong with any combination.
    """
    now = open_workspace(root, (name,))
    overrides, found = read_overrides(texts)
    count = math.prod(len(override.values) for override in overrides)
    if count > MOST:
        message, hint = f"these are {count:,} combinations: at most {MOST} are tried at once", "give fewer values"
        found = (*found, Diagnostic(Position(COMMAND_LINE), message, hint, "override"))
    _refuse(texts, found, now.configuration)
    problems: list[Diagnostic] = []
    made = [_combination(now, name, texts, choices, problems) for choices in _choices(overrides)]
    problems += [] if problems else _unread(now, name, overrides)
    _refuse(texts, problems, now.configuration)
    return Asked(name, now, tuple(each for each in made if each is not None))


def _choices(overrides: Sequence[Override]) -> Iterator[Choices]:
    for values in product(*(override.values for override in overrides)):
        yield tuple(zip(overrides, values, strict=True))


def _combination(
    now: Workspace, name: str, texts: Sequence[str], choices: Choices, problems: list[Diagnostic]
) -> Combination | None:
    """Open the repository as it would be; None where that cannot be, and the problems say why."""
    groups, keys = ([each for each in choices if each[0].group is chosen] for chosen in (True, False))
    try:
        configuration = with_groups(now.configuration, name, groups)
        base = now if configuration is now.configuration else open_workspace(now.root, (name,), configuration)
        wrong = [*set_over(texts, keys)[1], *_absent(dump(base.pipelines[name].spec), keys)]
        problems += wrong
        lines = {problem.position.line for problem in wrong}  # the others are looked at all the same
        over, _ = set_over(texts, [each for each in keys if each[0].position.line not in lines])
        workspace = open_workspace(now.root, (name,), configuration.overridden(name, over)) if over.value else base
    except ConfigurationError as error:
        problems += error.diagnostics
        return None
    return Combination({override.key: value for override, value in choices}, workspace)


def with_groups(configuration: Configuration, name: str, groups: Choices) -> Configuration:
    """Choose other options of groups; a row of a fleet has the `defaults` of its template."""
    row = read_fleets(configuration, name).rows.get(name)
    file = f"pipeline/{name}" if row is None else row.template
    document = configuration.document(file)
    return configuration if document is None or not groups else configuration.changed(file, choose(document, groups))


def _absent(spec: Values, keys: Choices) -> Iterator[Diagnostic]:
    """Find candidates that there are not: as to Hydra, a slip in a name makes no second one."""
    for override, _ in keys:
        parts = override.key.split(".")
        if parts[0] in spec["model"] and parts[0] not in Pipeline.model_fields:
            hint = f"write `model.{override.key}=...`"
            yield Diagnostic(override.position, f"`{parts[0]}` is a candidate, and no key", hint, "override")
        if override.added or len(parts) < 3:
            continue
        if parts[0] == "model" and parts[1] not in spec["model"]:
            column = override.position.column + len(parts[0]) + 1
            place = Position(COMMAND_LINE, override.position.line, column, len(parts[1]))
            hint = f"{suggest(parts[1], spec['model'])}; `+{override.key}` adds one"
            yield Diagnostic(place, f"there is no candidate `{parts[1]}`", hint, "override")


def _unread(now: Workspace, name: str, overrides: Sequence[Override]) -> Iterator[Diagnostic]:
    """Find keys that no stage before the score on validation reads: to try them would only repeat what is known."""
    stages = tuple(stage.name for stage in now.pipeline(name).stages)
    looked_at = until_train(now.pipeline(name))
    for override in overrides:
        found = readers(tuple(override.key.split(".")), stages)
        judges = override.key.partition(".")[0] in _JUDGE
        if judges or not set(found) & set(looked_at):
            read_by = f"it is read by {', '.join(found[:4])}" if found else "nothing that runs reads it"
            hint = f"{read_by}; edit the YAML, then mlops run {name}"
            yield Diagnostic(override.position, f"`{override.key}` has no say before the test rows", hint, "override")


def _refuse(texts: Sequence[str], found: Sequence[Diagnostic], configuration: Configuration) -> None:
    if found:
        sources = {**configuration.sources, COMMAND_LINE: written(texts)}
        raise ConfigurationError(render(found, sources), diagnostics=sorted(set(found)))
