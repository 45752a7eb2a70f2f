"""The jobs after a merge: which there are, what each needs of the others, and what a public repository hands on."""

from __future__ import annotations

import re

import pytest

from mlops.compiler.github.main import lower_main
from mlops.compiler.github.rendering import texts
from mlops.compiler.github.workflow import Workflow
from tests.builders.workflows import CLOUDS, project


def main(**ci: object) -> Workflow:
    return lower_main(project(**ci))  # type: ignore[arg-type]


def test_each_job_needs_those_that_tell_it_something() -> None:
    assert [(job.name, job.needs) for job in main().jobs] == [
        ("before", ()),
        ("take", ("before",)),
        ("make", ("before", "take")),
        ("register", ("before", "take", "make")),
    ]


@pytest.mark.parametrize("ci", [{}, {"public": True, "reader": {"cloud": CLOUDS["aws"]}}])
def test_no_job_asks_for_what_a_job_that_it_does_not_need_told(ci: dict[str, object]) -> None:
    for job in main(**ci).jobs:
        text = str((job.condition, job.steps, job.outputs))
        assert set(re.findall(r"needs\.(\w+)\.", text)) <= set(job.needs), job.name


def test_a_public_repository_with_a_cloud_hands_no_bundle_on_and_says_how_to_bring_one() -> None:
    found = main(public=True, cloud=CLOUDS["gcp"])
    assert [job.name for job in found.jobs] == ["before", "take", "register"]
    (text,) = texts((found,)).values()
    assert "artifact@" not in text
    assert "This repository is public and its bundles are kept in a cloud: no job here makes one" in text
    (text,) = texts((main(public=True),)).values()
    assert "upload-artifact@" in text
    assert "This repository is public" not in text
