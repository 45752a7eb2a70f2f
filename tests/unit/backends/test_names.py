"""Additions of pipelines, on two branches: what they compile to that both of them changed, Git would have to merge."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.compiler.files import render
from mlops.compiler.lower.inputs import Facts
from mlops.compiler.lower.project import lower
from mlops.configuration.load import load_pipeline
from mlops.configuration.monitor import Monitor
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.policy import Policy
from mlops.configuration.project import Project
from mlops.configuration.reading.library import Configuration
from tests.builders.repositories import make_repository

PROJECT = Project.model_validate(
    {"name": "shop", "environments": {"staging": {"propose": True}, "prod": {"after": "staging"}}}
)
POLICY = Policy.model_validate(
    {
        "owners": ["@platform"],
        "teams": {"*": ["@data"], "risk-*": ["@risk", "@data"]},
        "risk": {"high": {"own_gates": False}},
    }
)
OWNERS, MONITOR = ".github/CODEOWNERS", ".github/workflows/mlops-monitor.yml"
RETRAIN = {"when": ["drift"], "minimum_new_labels": 100}
NAMES = ("churn-a", "churn-b", "risk-a", "risk-b", "risk", "z")

Texts = dict[str, str]
Asked = dict[str, Any]


@cache
def base() -> Pipeline:
    with TemporaryDirectory() as folder:
        loaded, problems = load_pipeline(Configuration(make_repository(Path(folder))), "churn")
    assert loaded is not None, problems
    return loaded.spec


def spec(name: str, asked: Asked) -> Pipeline:
    """Make a pipeline: `own` owners or its team's, of some risk, watched or not."""
    monitor = None
    if asked["every"]:
        monitor = Monitor.model_validate(
            {"every": asked["every"]} | ({"retrain": RETRAIN} if asked["retrains"] else {})
        )
    owners = ("@somebody",) if asked["own"] else POLICY.team(name)
    return base().model_copy(update={"owners": owners, "risk": asked["risk"], "monitor": monitor})


def compiled(asked: Mapping[str, Asked]) -> Texts:
    return render(lower(PROJECT, {name: spec(name, each) for name, each in asked.items()}, Facts(), POLICY))


def changed(before: Texts, after: Texts) -> set[str]:
    return {path for path in before | after if before.get(path) != after.get(path)}


def met(before: Texts, ours: Texts, theirs: Texts) -> set[str]:
    """Name the files that both sides changed, each in its own way."""
    both = changed(before, ours) & changed(before, theirs)
    return {path for path in both if ours.get(path) != theirs.get(path)}


@st.composite
def branches(draw: st.DrawFn) -> tuple[dict[str, Asked], ...]:
    """Share out pipelines over what there is, and what each of two branches adds."""
    asked = st.fixed_dictionaries(
        {
            "own": st.booleans(),
            "risk": st.sampled_from(["limited", "high"]),
            "every": st.sampled_from([None, "hour", "day", "week"]),
            "retrains": st.booleans(),
        }
    )
    found: tuple[dict[str, Asked], ...] = ({}, {}, {})
    for name in NAMES:
        found[draw(st.integers(0, 2))][name] = draw(asked)
    return found


def begins(there: Mapping[str, Asked], added: Mapping[str, Asked]) -> tuple[set[str], bool]:
    """Say what pipelines are the first to ask of the monitor: to be looked at so often, to be trained again."""
    had, has = (
        (
            {each["every"] for each in some.values()} - {None},
            any(each["every"] and each["retrains"] for each in some.values()),
        )
        for some in (there, {**there, **added})
    )
    return has[0] - had[0], has[1] and not had[1]


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(branches())
def test_two_additions_meet_only_where_both_have_owners_of_their_own_or_begin_to_watch(
    drawn: tuple[dict[str, Asked], ...],
) -> None:
    there, mine, others = drawn
    before, ours, theirs = compiled(there), compiled(there | mine), compiled(there | others)
    meeting = met(before, ours, theirs)
    allowed = set()
    if all(any(each["own"] for each in added.values()) for added in (mine, others)):
        allowed.add(OWNERS)
    first, second = begins(there, mine), begins(there, others)
    if first != second and any(first) and any(second):
        allowed.add(MONITOR)
    assert meeting <= allowed
    merged = compiled(there | mine | others)
    for path in before | ours | theirs | merged:
        if path not in meeting:
            expected = ours.get(path) if path in changed(before, ours) else theirs.get(path)
            assert merged.get(path) == expected, path


def test_a_usual_model_touches_nothing_outside_its_folder() -> None:
    usual = {"own": False, "risk": "limited", "every": "day", "retrains": True}
    there = {"churn-a": usual}
    assert {path.rpartition("/")[0] for path in changed(compiled(there), compiled(there | {"churn-b": usual}))} == {
        "pipelines/churn-b"
    }


def test_a_line_for_each_pipeline_would_be_seen() -> None:
    before, ours, theirs = ({"list": "".join(f"{name}\n" for name in names)} for names in ("b", "ab", "bc"))
    assert met(before, ours, theirs) == {"list"}
