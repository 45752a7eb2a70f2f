"""What CI makes must be kept somewhere beside the registry, or the YAML says that it is not."""

from __future__ import annotations

from typing import Any

import pytest

from mlops.compiler.lower.inputs import Facts
from mlops.compiler.lower.project import lower
from mlops.compiler.rules.registry import examine
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.project import Project
from tests.builders.workflows import CLOUDS
from tests.unit.configuration.test_monitor import PIPELINE

ALONE = "what CI makes is kept by the registry alone: "
KEYS = {"AWS_ACCESS_KEY_ID": "remote", "AWS_SECRET_ACCESS_KEY": ["remote", "log"]}
SERVER = {"uri": "https://mlflow.shop.example"}


def found(where: str | None, environments: Any = None, **ci: Any) -> list[str]:
    made = {"name": "shop", "tracking": SERVER, "ci": ci, "environments": environments or {}}
    plan = lower(Project.model_validate(made), {"churn": Pipeline.model_validate(PIPELINE)}, Facts(remote=where))
    return [item.message for item in examine(plan) if item.rule == "remote-nobody-writes"]


@pytest.mark.parametrize(
    ("where", "ci", "said"),
    [
        ("s3://shop/models", {}, [ALONE + "no job signs in to where s3:// is"]),
        ("ssh://shop/models", {"cloud": CLOUDS["aws"]}, [ALONE + "no job has credentials for ssh://"]),
        ("s3://shop/models", {"writer": CLOUDS["aws"]}, []),
        ("s3://shop/models", {"cloud": CLOUDS["aws"]}, []),
        ("s3://shop/models", {"secrets": KEYS}, []),
        (
            "s3://shop/models",
            {"secrets": {"AWS_ACCESS_KEY_ID": "remote"}},
            [ALONE + "no job has AWS_SECRET_ACCESS_KEY"],
        ),
        ("s3://shop/models", {"secrets": dict.fromkeys(KEYS, "log")}, [ALONE + "no job signs in to where s3:// is"]),
        ("", {}, []),  # place-of-one-machine says it
        ("/srv/dvc", {"runner": "shop-machine"}, []),
    ],
)
def test_a_job_of_the_main_branch_can_push(where: str, ci: dict[str, Any], said: list[str]) -> None:
    assert found(where, {"prod": {}}, **ci) == said


def test_where_nothing_is_ever_released_nobody_pushes() -> None:
    assert found("s3://shop/models") == []
