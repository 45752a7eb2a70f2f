from __future__ import annotations

from typing import Any

import pytest

from mlops.compiler.lower.inputs import Facts
from mlops.compiler.lower.project import lower
from mlops.compiler.rules.registry import examine
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.project import Project
from mlops.plan.pipeline import Plan
from tests.unit.configuration.test_monitor import PIPELINE


def plan(app: bool, **monitor: Any) -> Plan:
    ci = {"app": {"id": "Iv1.0123456789abcdef"}} if app else {}
    pipeline = Pipeline.model_validate({**PIPELINE, "monitor": {"labels": "labels.csv", **monitor}})
    return lower(Project.model_validate({"name": "shop", "ci": ci}), {"churn": pipeline}, Facts())


def test_a_loop_whose_pull_requests_start_no_checks_is_found_once() -> None:
    (found,) = [item for item in examine(plan(False, retrain={"when": ["drift"]})) if "retrain" in item.rule]
    assert (found.rule, found.key, found.severity) == ("retrain-loop-without-app", ("ci", "app"), "warning")
    assert found.hint == "write `ci: {app: {id: ...}}` in conf/project.yaml"


@pytest.mark.parametrize(("app", "monitor"), [(True, {"retrain": {"when": ["drift"]}}), (False, {})])
def test_with_an_app_or_without_a_loop_there_is_nothing_to_say(app: bool, monitor: dict[str, Any]) -> None:
    assert [item for item in examine(plan(app, **monitor)) if "retrain" in item.rule] == []
