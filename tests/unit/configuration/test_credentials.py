"""What `ci.secrets` may say: names that a library reads a credential from, each for something that reads it."""

from __future__ import annotations

from typing import Any

import pytest

from mlops.configuration.credentials import KNOWN
from mlops.configuration.project import Project
from mlops.configuration.reach import unwritable
from tests.builders.workflows import CLOUDS, jobs, project, workflows
from tests.unit.configuration.test_project import parse

USES = (
    "a secret is for one or several of log, remote, tracking. Its value is set at GitHub and stands nowhere here: "
    "revoke one that was written down"
)
FORM = "a key of `ci.secrets` is the name of a secret, such as MLFLOW_TRACKING_TOKEN"


def test_a_secret_is_for_one_thing_or_several() -> None:
    said, found = parse("ci: {secrets: {MLFLOW_TRACKING_TOKEN: tracking, AWS_ACCESS_KEY_ID: [remote, log]}}\n")
    assert not found
    assert said is not None
    assert said.ci.secrets == {"MLFLOW_TRACKING_TOKEN": ("tracking",), "AWS_ACCESS_KEY_ID": ("remote", "log")}
    assert said.ci.secrets_for("remote", "tracking") == ("AWS_ACCESS_KEY_ID", "MLFLOW_TRACKING_TOKEN")
    assert said.ci.secrets_for("log") == ("AWS_ACCESS_KEY_ID",)


@pytest.mark.parametrize(
    ("secrets", "expected"),
    [
        ("{mlflow_token: tracking}", FORM),
        ("{hunter2: tracking}", FORM),
        ("{MLFLOW_TRACKING_TOKEN: hunter2}", USES),
        ("{MLFLOW_TRACKING_TOKEN: []}", USES),
        ("{MLFLOW_TRACKING_TOKEN: [tracking, 3]}", USES),
        ("{MLFLOW_TRACKING_TOKEN: {value: hunter2}}", USES),
        ("{MLFLOW_TRACKING_TOKEN: null}", USES),
        (
            "{MLFLOW_TRACKING_TOKEN: [tracking, remote]}",
            "`MLFLOW_TRACKING_TOKEN` is for tracking: nothing reads it for remote",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_and_a_value_is_not_repeated(secrets: str, expected: str) -> None:
    said, found = parse(f"ci:\n  secrets: {secrets}\n")
    assert said is None
    (line,) = found
    assert line.split(" ", 1)[1] == f"{expected} | "
    assert line.startswith("3:")
    assert "hunter2" not in line


@pytest.mark.parametrize(
    "name",
    [
        *("GITHUB_TOKEN", "GITHUB_ENV", "PATH", "LD_PRELOAD", "PYTHONPATH", "BASH_ENV", "GIT_SSH_COMMAND", "HOME"),
        *(
            "MLOPS_TOKEN",
            "MLOPS_BASE",
            "MLFLOW_TRACKING_INSECURE_TLS",
            "AWS_CONFIG_FILE",
            "AWS_ROLE_ARN",
            "PIP_INDEX_URL",
        ),
        *(
            "GOOGLE_APPLICATION_CREDENTIALS",
            "MLFLOW_TRACKING_URI",
            "HTTPS_PROXY",
            "NODE_OPTIONS",
            "PIPELINES",
            "IDENTITY",
        ),
    ],
)
def test_a_name_that_would_change_what_a_step_runs_or_asks_is_refused(name: str) -> None:
    said, found = parse(f"ci: {{secrets: {{{name}: tracking}}}}\n")
    assert said is None
    assert found[0].split(" ", 1)[1].startswith(f"no job reads a credential called `{name}`: ")


def test_a_slip_is_told_with_the_nearest_name() -> None:
    (line,) = parse("ci: {secrets: {MLFLOW_TRACKNG_TOKEN: tracking}}\n")[1]
    assert "`MLFLOW_TRACKNG_TOKEN`: did you mean `MLFLOW_TRACKING_TOKEN`? also there: AWS_ACCESS_KEY_ID, " in line


@pytest.mark.parametrize("cloud", ["aws", "gcp", "azure"])
def test_no_secret_is_called_as_a_variable_that_compiled_steps_set(cloud: str) -> None:
    texts = workflows(project(cloud, app={"id": "Iv1"}, reader={"cloud": CLOUDS[cloud]}))
    own = {name for job in jobs(texts).values() for step in job["steps"] for name in step.get("env", {})}
    clash = own & set(KNOWN)
    assert not {name for name in clash if not name.startswith(f"{cloud.upper()}_")}
    for name in sorted(clash):
        with pytest.raises(ValueError, match=f"`ci.secrets` names {name}, and jobs sign in to that cloud with a role"):
            project(cloud, secrets={name: "remote"})


@pytest.mark.parametrize("place", ["cloud", "writer", "environment"])
def test_a_key_beside_a_role_is_refused_because_libraries_would_take_the_key(place: str) -> None:
    settings: dict[str, Any] = {"secrets": {"AWS_ACCESS_KEY_ID": "remote"}}
    environments: dict[str, Any] = {"prod": {}}
    if place == "environment":
        environments["prod"] = {"cloud": CLOUDS["aws"]}
    else:
        settings[place] = CLOUDS["aws"]
    with pytest.raises(ValueError, match="libraries would take the key instead"):
        Project.model_validate({"name": "shop", "ci": settings, "environments": environments})
    settings["secrets"] = {"MLFLOW_TRACKING_TOKEN": "tracking"}
    Project.model_validate({"name": "shop", "ci": settings, "environments": environments})


def test_an_environment_has_the_secrets_that_its_jobs_need() -> None:
    secrets = {
        "MLFLOW_TRACKING_TOKEN": "tracking",
        "AWS_ACCESS_KEY_ID": "log",
        "AWS_SECRET_ACCESS_KEY": ["log", "remote"],
    }
    shop = project(secrets=secrets)
    assert shop.secrets_in("mlops-main") == tuple(sorted(secrets))
    assert shop.secrets_in("prod") == ("AWS_SECRET_ACCESS_KEY", "MLFLOW_TRACKING_TOKEN")
    assert shop.secrets_in("own-runners") == ()


@pytest.mark.parametrize(
    ("remote", "secrets", "said"),
    [
        ("s3://shop", (), "no job signs in to where s3:// is"),
        ("s3://shop", ("AWS_ACCESS_KEY_ID",), "no job has AWS_SECRET_ACCESS_KEY"),
        ("s3://shop", ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), None),
        ("azure://shop", ("AZURE_STORAGE_SAS_TOKEN",), None),
        ("azure://shop", ("AZURE_CLIENT_ID", "AZURE_TENANT_ID"), "no job has AZURE_CLIENT_SECRET"),
        ("gs://shop", ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "no job signs in to where gs:// is"),
        ("ssh://shop", ("AWS_ACCESS_KEY_ID",), "no job has credentials for ssh://"),
    ],
)
def test_a_remote_takes_the_keys_that_dvc_reads_for_it(remote: str, secrets: tuple[str, ...], said: str | None) -> None:
    assert unwritable(remote, signed_in=False, secrets=secrets) == said
