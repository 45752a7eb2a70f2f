"""Which steps sign, and what they hold."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from mlops.compiler.github.main import lower_main
from mlops.compiler.github.manual import lower_rollback
from mlops.compiler.github.release import lower_release
from mlops.compiler.github.workflow import Job, Step
from mlops.configuration.project import Project


def register(**ci: object) -> Job:
    project = Project.model_validate({"name": "shop", "ci": ci})
    return lower_main(project).jobs[-1]


def titles(job: Job) -> list[str]:
    return [step.name for step in job.steps]


def signing(job: Job) -> Step:
    return next(step for step in job.steps if step.name == "Sign what was registered")


def test_nothing_signs_where_nobody_asked_for_it() -> None:
    assert not [title for title in titles(register()) if "ign" in title and "Sign in" not in title]


def test_a_workflow_signs_between_registering_and_proposing_by_its_own_identity() -> None:
    job = register(signing="keyless")
    found = titles(job)
    order = ["Register", "Install what signs and verifies", "Sign what was registered", "Push what Git does not hold"]
    assert [title for title in found if title in order] == order
    assert found.index("Sign what was registered") < found.index("Propose the records and the releases")
    assert [permission.why for permission in job.permissions if permission.scope == "id-token"] == [
        "to sign bundles as this workflow"
    ]
    assert job.environment == "mlops-main"


def test_a_job_that_signs_in_to_a_cloud_asks_for_an_identity_once() -> None:
    cloud = {"kind": "aws", "role": "arn:aws:iam::123456789012:role/mlops", "region": "eu-west-1"}
    job = register(signing="keyless", cloud=cloud)
    assert len([permission for permission in job.permissions if permission.scope == "id-token"]) == 1


def test_the_step_that_signs_alone_holds_the_key() -> None:
    job = register(signing={"key": "SIGNING_KEY"})
    assert [step.name for step in job.steps if "SIGNING_KEY" in step.environment] == ["Sign what was registered"]
    assert signing(job).environment["SIGNING_KEY"] == "${{ secrets.SIGNING_KEY }}"
    assert "Install what signs and verifies" not in titles(job)
    assert job.environment == "mlops-main"


@pytest.mark.parametrize("environment", ["mlops-main", "prod"])
def test_doctor_knows_which_environment_has_the_key(environment: str) -> None:
    project = Project.model_validate({"name": "shop", "ci": {"signing": {"key": "SIGNING_KEY"}}})
    assert project.secrets_in(environment) == (("SIGNING_KEY",) if environment == "mlops-main" else ())


@pytest.mark.parametrize(
    ("ci", "installed"), [({"signing": "keyless"}, True), ({"signing": {"key": "SIGNING_KEY"}}, False)]
)
def test_jobs_that_hold_bundles_to_a_workflows_signature_have_what_verifies_it(
    ci: dict[str, object], installed: bool
) -> None:
    project = Project.model_validate({"name": "shop", "ci": ci, "environments": {"prod": {}}})
    jobs = [*lower_release(project).jobs, *lower_rollback(project).jobs]
    assert ["Install what signs and verifies" in titles(job) for job in jobs] == [installed] * 2


@pytest.mark.parametrize("name", ["PATH", "LD_PRELOAD", "BASH_ENV", "signing_key", "-----BEGIN PRIVATE KEY-----"])
def test_a_variable_that_would_change_what_runs_is_no_name_of_a_key(name: str) -> None:
    with pytest.raises(ValidationError):
        Project.model_validate({"name": "shop", "ci": {"signing": {"key": name}}})
