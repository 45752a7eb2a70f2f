"""What `auto:` names is there, and comes to something."""

from __future__ import annotations

from collections.abc import Iterator

from mlops.configuration.auto import portfolio, suiting
from mlops.configuration.checking.problem import Problem
from mlops.configuration.pipeline import Pipeline
from mlops.diagnostics import suggest
from mlops.models import MODELS

_RULE = "auto"


def auto_names_kinds(pipeline: Pipeline) -> Iterator[Problem]:
    """Each kind that `auto` names has a portfolio, and suits the task."""
    if pipeline.auto is None:
        return
    known = [name for name in MODELS if portfolio(name) is not None]
    fitting = suiting(pipeline.model_dump())
    for place, name in enumerate(pipeline.auto.kinds or ()):
        path = ("auto", "kinds", place)
        if name not in known:
            message = f"`{name}` is no kind with settings to try by itself"
            beside = (
                f"write `model: {{{name}: {{kind: {name}}}}}` beside `auto`; those with settings: {', '.join(known)}"
            )
            yield Problem(path, message, beside if name in MODELS else suggest(name, known), _RULE)
        elif name not in fitting:
            message = f"`{name}` does not suit a {pipeline.task} pipeline of such columns"
            yield Problem(path, message, f"those that do: {', '.join(fitting)}", _RULE)


def portfolio_and_race_search(pipeline: Pipeline) -> Iterator[Problem]:
    """A race is between several candidates, whose trials are dealt as it goes."""
    tune = pipeline.tune
    if tune is None or not tune.race:
        return
    if isinstance(tune.trials, dict):
        message = "a race deals the trials of all candidates by how these do"
        yield Problem(("tune", "trials"), message, "write one number, or remove `race`", _RULE)
