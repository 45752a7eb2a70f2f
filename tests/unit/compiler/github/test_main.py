"""The jobs after a merge: which there are, what each needs of the others, and what a public repository hands on."""

from __future__ import annotations

import re

import pytest

from mlops.compiler.github.main import lower_main
from mlops.compiler.github.rendering import texts
from mlops.compiler.github.workflow import Workflow
from tests.builders.workflows import CLOUDS, project


def main(*, images: bool = False, **ci: object) -> Workflow:
    return lower_main(project(**ci), images=images)  # type: ignore[arg-type]


def test_each_job_needs_those_that_tell_it_something() -> None:
    assert [(job.name, job.needs) for job in main().jobs] == [
        ("before", ()),
        ("take", ("before",)),
        ("make", ("before", "take")),
        ("register", ("before", "take", "make")),
    ]


@pytest.mark.parametrize("ci", [{}, {"public": True, "reader": {"cloud": CLOUDS["aws"]}}])
def test_no_job_asks_for_what_a_job_that_it_does_not_need_told(ci: dict[str, object]) -> None:
    for job in main(images=True, **ci).jobs:
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


def test_images_are_built_by_a_job_of_their_own_of_what_the_one_that_registers_laid_out() -> None:
    plain, pushing = main(), main(images=True)
    assert [job.name for job in pushing.jobs] == [*(job.name for job in plain.jobs), "image"]
    register, image = pushing.jobs[-2:]
    assert (image.needs, image.matrix) == (("register",), ("image", "${{ fromJSON(needs.register.outputs.images) }}"))
    assert register.outputs == {name: f"${{{{ steps.images.outputs.{name} }}}}" for name in ("images", "digest")}
    added = [step.name for step in register.steps if step not in plain.jobs[-1].steps]
    assert added == ["Lay out the images", "Keep what the images are built from"]
    push, attest = image.steps[-2:]
    assert "sha256sum images/images.tar" in push.run
    assert attest.inputs == {
        "subject-name": "${{ matrix.image.repository }}",
        "subject-digest": "${{ steps.push.outputs.digest }}",
    }


def test_the_workflows_token_is_shown_to_the_registry_of_github_alone() -> None:
    (push,) = [step for step in main(images=True).jobs[-1].steps if "podman" in step.run]
    login = [line.strip() for line in push.run.splitlines() if "GITHUB_TOKEN" in line]
    assert login == [
        'ghcr.io/*) podman login ghcr.io --username "$GITHUB_ACTOR" --password-stdin <<< "$GITHUB_TOKEN" ;;'
    ]


def test_no_image_is_pushed_where_no_bundle_may_be_handed_on_and_that_is_said() -> None:
    found = main(images=True, public=True, cloud=CLOUDS["gcp"])
    assert [job.name for job in found.jobs] == ["before", "take", "register"]
    (text,) = texts((found,)).values()
    assert "artifact@" not in text
    assert "::warning title=No image is pushed::" in text
