"""What is searched is there to be searched: candidates, parameters of their kinds, values that these take."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import ValidationError

from mlops.blocks.tune import Range
from mlops.configuration.checking.problem import Problem
from mlops.configuration.model import Own, own_code
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.reading.document import Path
from mlops.configuration.tuning import USUAL, known, spaces, tune_of
from mlops.diagnostics import suggest
from mlops.kinds.union import Kinded
from mlops.models import MODELS

_RULE = "tune"
_SPACE: Path = ("tune", "space")


def spaces_are_of_candidates(pipeline: Pipeline) -> Iterator[Problem]:
    """Each space is of a candidate, and one that is named is a space of its kind."""
    if pipeline.tune is None:
        return
    for name, space in pipeline.tune.space.items():
        if name not in pipeline.model:
            message = f"`{name}` is searched, and is no candidate"
            yield Problem((*_SPACE, name), message, suggest(name, pipeline.model), _RULE)
        elif isinstance(space, str) and space not in (there := known(pipeline.model[name])):
            kind = pipeline.model[name].kind
            hint = (
                suggest(space, there)
                or f"write what its parameters may be, `{name}: {{NAME: {{low: ..., high: ...}}}}`"
            )
            yield Problem((*_SPACE, name), f"`{kind}` has no space `{space}`", hint, _RULE)
    if not pipeline.tune.space and not spaces(pipeline):
        hint = "write under `space:` what the parameters of a candidate may be"
        yield Problem(("tune",), f"no candidate is of a kind that has a space `{USUAL}`", hint, _RULE)


def parameters_are_of_kinds(pipeline: Pipeline) -> Iterator[Problem]:
    """A kind has the parameters that are searched, and takes every value of theirs, as far as their ends tell."""
    for name, space in tune_of(pipeline).space.items():
        model = pipeline.model.get(name)
        if model is None or isinstance(space, str) or isinstance(model, Own):
            continue
        fields = [field for field in type(model).model_fields if field != "kind"]
        for key, each in space.items():
            if key not in fields and type(model).model_config.get("extra") == "allow":
                continue  # an argument of people's own function, which only a call tells
            if key not in fields:
                message = f"`{model.kind}` has no parameter `{key}`"
                yield Problem((*_SPACE, name, key), message, suggest(key, fields), _RULE)
                continue
            for where, value in _ends(each):
                if (why := _refused(model, key, value)) is not None:
                    path = (*_SPACE, name, key, *where)
                    yield Problem(path, f"`{key}` of `{model.kind}` cannot be {_shown(value)}: {why}", "", _RULE)


def code_is_not_searched(pipeline: Pipeline) -> Iterator[Problem]:
    """Which code makes a candidate stands in the YAML, where the policy and its reviewers see it."""
    for name, space in tune_of(pipeline).space.items():
        own = own_code(pipeline.model[name]) if name in pipeline.model else None
        for key in () if own is None or isinstance(space, str) else dict.fromkeys(("kind", own[0])):
            if key in space:
                message = f"`{key}` of `{name}` names code, which is not searched"
                yield Problem((*_SPACE, name, key), message, "write a candidate for each", _RULE)


def trials_are_of_candidates(pipeline: Pipeline) -> Iterator[Problem]:
    """Every candidate that is searched has trials, and no other has."""
    if pipeline.tune is None:
        return
    searched, trials = spaces(_known(pipeline)), pipeline.tune.trials
    if isinstance(trials, int):
        if trials < len(searched):
            message = f"{trials} trials cannot be dealt to {len(searched)} candidates"
            yield Problem(("tune", "trials"), message, "write more, or name one candidate under `space:`", _RULE)
        return
    for name in trials:
        if name not in searched:
            message = f"`{name}` has trials, and is not searched"
            yield Problem(("tune", "trials", name), message, suggest(name, searched), _RULE)
    for name in searched:
        if name not in trials:
            yield Problem(("tune", "trials"), f"`{name}` is searched, and has no trials", f"write `{name}: 20`", _RULE)


def grid_has_points(pipeline: Pipeline) -> Iterator[Problem]:
    """A grid has a number of points, and as many trials, and one for the YAML as it stands."""
    tune = pipeline.tune
    if tune is None or tune.sampler != "grid":
        return
    for name, space in spaces(_known(pipeline)).items():
        own = not isinstance(tune.space.get(name, ""), str)
        endless = [key for key, each in space.items() if each.points is None]
        for key in endless:
            path = (*_SPACE, name, key) if own else ("tune", "sampler")
            message = f"a grid cannot try every `{key}` of `{name}`"
            yield Problem(path, message, "write `step`, or `choices`; `sampler: tpe` needs none", _RULE)
        size = 0 if endless else math.prod(len(each.points or ()) for each in space.values())
        count = (
            tune.trials.get(name)
            if isinstance(tune.trials, dict)
            else tune.trials // max(1, len(spaces(_known(pipeline))))
        )
        if count is not None and size + 1 > count:
            message = f"the grid of `{name}` has {size:,} points, and {count:,} trials are for it"
            hint = f"write {size + 1:,} for each candidate, one for what the YAML says, or fewer points"
            yield Problem(("tune", "trials"), message, hint, _RULE)


def _known(pipeline: Pipeline) -> Pipeline:
    """Leave out spaces of what is no candidate, of which another check tells."""
    tune = tune_of(pipeline)
    there = {name: space for name, space in tune.space.items() if name in pipeline.model}
    if len(there) == len(tune.space):
        return pipeline
    return pipeline.model_copy(update={"tune": tune.model_copy(update={"space": there})})


def _ends(each: Range) -> Iterator[tuple[Path, Any]]:
    if each.choices is not None:
        yield from ((("choices", place), value) for place, value in enumerate(each.choices))
        return
    yield ("low",), each.low
    yield ("high",), each.high


def _refused(model: Kinded, key: str, value: Any) -> str | None:
    """Say why a kind does not take a value; None where it does."""
    try:
        MODELS[model.kind].block.model_validate({"kind": model.kind, key: value})
    except ValidationError as error:
        told = [str(found["msg"]) for found in error.errors() if found["type"] != "missing"]  # the candidate has it
        return told[0].removeprefix("Value error, ").removeprefix("Input ") if told else None
    return None


def _shown(value: Any) -> str:
    return str(list(value)) if isinstance(value, tuple) else "null" if value is None else str(value)


TUNE_CHECKS: tuple[Callable[[Pipeline], Iterator[Problem]], ...] = (
    spaces_are_of_candidates,
    parameters_are_of_kinds,
    code_is_not_searched,
    trials_are_of_candidates,
    grid_has_points,
)
