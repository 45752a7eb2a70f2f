"""What an ensemble needs of the other blocks: models to be made of, a search for its trials, a name of its own."""

from __future__ import annotations

from collections.abc import Iterator

from mlops.blocks.ensemble import ENSEMBLE
from mlops.configuration.checking.problem import Problem
from mlops.configuration.pipeline import Pipeline

_RULE = "ensemble"


def ensemble_is_possible(pipeline: Pipeline) -> Iterator[Problem]:
    """An ensemble has at least two models to choose from, and is told from every candidate by its name."""
    asked = pipeline.ensemble
    if asked is None:
        return
    if ENSEMBLE in pipeline.model:
        message = f"`{ENSEMBLE}` is what the mean of all candidates is called"
        yield Problem(("model", ENSEMBLE), message, "call the candidate otherwise, or remove `ensemble`", _RULE)
    if asked.trials and pipeline.tune is None:
        message = "nothing is searched, and so no trials are there to be members"
        yield Problem(("ensemble", "trials"), message, "write `tune: {trials: 40}`, or remove `trials`", _RULE)
    if len(pipeline.model) < 2 and not (asked.trials and pipeline.tune is not None):
        message = "an ensemble needs two models, and there is one candidate"
        hint = "name another under `/model`, or let trials of a search be members: `tune: {}`, `ensemble: {trials: 3}`"
        yield Problem(("ensemble",), message, hint, _RULE)
    if asked.draws < asked.members:
        message = f"{asked.members} members need as many draws, and there are {asked.draws}"
        yield Problem(("ensemble", "draws"), message, f"write at least {asked.members}", _RULE)
    explain = pipeline.evaluate.explain
    if pipeline.task == "multiclass" and explain is not None and explain.attributions:
        message = "members of an ensemble explain the class that each finds likeliest, which may be several"
        hint = "remove `attributions`; `permutation` explains any model"
        yield Problem(("evaluate", "explain", "attributions"), message, hint, _RULE)
