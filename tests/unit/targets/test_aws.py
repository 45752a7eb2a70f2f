"""Targets of AWS: what templates and calls say, that AWS's own descriptions take them, and what is refused before."""

from __future__ import annotations

import json
import re
import subprocess
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from mlops.blocks.limits import Limits
from mlops.cli import serve as serve_command
from mlops.errors import ConfigurationError
from mlops.plan.placed import Placed
from mlops.serve.dialects.environment import arguments_of
from mlops.targets import TARGETS, aws_lambda, sagemaker
from mlops.targets.sagemaker import SagemakerTarget
from tests.builders.clusters import BUNDLE, IMAGE, make_clustered, manifests_of
from tests.builders.quick_yaml import load
from tests.conftest import ROOT

CLOUD = ROOT / ".tools/cloud/bin"
ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
ROLE = "arn:aws:iam::123456789012:role/serve"
LAMBDA: dict[str, Any] = {"kind": "lambda", "repository": f"{ECR}/churn", "role": ROLE}
SAGEMAKER: dict[str, Any] = {
    "kind": "sagemaker",
    "runtime": f"{ECR}/serve@sha256:{'d' * 64}",
    "bundles": "s3://acme-models/churn",
    "role": ROLE,
}
GUARDED = {"guardrail": {"canary_percent": 10, "wait_seconds": 300, "alarms": ["churn-errors", "churn latency"]}}
LONGEST = {
    "url": True,
    "concurrency": 50,
    "memory_mb": 10_240,
    "seconds": 900,
    "architecture": "arm64",
    "limits": {"rows": 9, "drain_seconds": 0.5},
}
PLACED = Placed("churn", "lambda", "prod", BUNDLE, IMAGE, "conf/pipeline/churn.yaml")
ENDPOINT = replace(PLACED, target="sagemaker")


def template(**said: Any) -> dict[str, Any]:
    (text,) = aws_lambda.manifests(PLACED, {**LAMBDA, **said}).values()
    return dict(load(text))


def calls(placed: Placed = ENDPOINT, **said: Any) -> dict[str, dict[str, Any]]:
    found = sagemaker.manifests(placed, {**SAGEMAKER, **said})
    return {path.removesuffix(".yaml"): load(text) for path, text in found.items()}


def test_a_function_takes_its_image_by_digest_and_no_other_bundle() -> None:
    said = template()
    function = said["Resources"]["Function"]["Properties"]
    assert function["Code"] == {"ImageUri": {"Fn::Sub": f"{ECR}/churn@${{Digest}}"}}
    assert said["Parameters"]["Digest"]["AllowedPattern"] == "^sha256:[0-9a-f]{64}$"
    assert function["ImageConfig"]["Command"] == ["/models/churn", "--expect", BUNDLE, "--log-format", "ecs"]
    assert function["FunctionName"] == "churn--prod"
    assert "ReservedConcurrentExecutions" not in function
    assert list(said["Resources"]) == ["Function"]


def test_a_url_asks_for_a_signature() -> None:
    said = template(url=True, concurrency=7)
    assert said["Resources"]["Url"]["Properties"]["AuthType"] == "AWS_IAM"
    assert said["Resources"]["Function"]["Properties"]["ReservedConcurrentExecutions"] == 7


def test_an_endpoint_is_of_the_image_by_digest_and_of_the_bundle_that_is_live() -> None:
    said = calls()
    container = said["create-model"]["PrimaryContainer"]
    assert container["Image"] == SAGEMAKER["runtime"]
    assert container["ModelDataSource"]["S3DataSource"]["S3Uri"] == f"s3://acme-models/churn/{'b' * 64}/"
    assert json.loads(container["Environment"]["MLOPS_SERVE"])[:3] == ["/opt/ml/model", "--expect", BUNDLE]
    assert said["create-model"]["EnableNetworkIsolation"] is True
    (variant,) = said["create-endpoint-config"]["ProductionVariants"]
    assert variant["ModelName"] == said["create-model"]["ModelName"]
    for call in ("create-endpoint", "update-endpoint"):
        assert said[call]["EndpointConfigName"] == said["create-endpoint-config"]["EndpointConfigName"]
        assert said[call]["EndpointName"] == "churn--prod"


def test_what_never_changes_is_named_by_what_it_holds() -> None:
    def names(**said: Any) -> tuple[str, str]:
        found = calls(**said)
        return found["create-model"]["ModelName"], found["create-endpoint-config"]["EndpointConfigName"]

    model, settings = names()
    assert names() == (model, settings)
    assert names(**GUARDED) == (model, settings)
    assert names(instances=3)[0] == model
    assert names(instances=3)[1] != settings
    other = calls(replace(ENDPOINT, bundle="sha256:" + "1" * 64))
    assert other["create-model"]["ModelName"] != model
    near = ({"environment": "eu-prod"}, {"pipeline": "churn-eu"}, {"target": "eu"})
    assert len({calls(replace(ENDPOINT, **other))["create-endpoint"]["EndpointName"] for other in near}) == 3
    long = calls(replace(ENDPOINT, pipeline="a" * 100, target="x"))
    assert len(long["create-model"]["ModelName"]) <= 63


def test_alarms_turn_a_canary_back() -> None:
    said = calls(**GUARDED)["update-endpoint"]["DeploymentConfig"]
    routing = said["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert routing == {
        "Type": "CANARY",
        "WaitIntervalInSeconds": 300,
        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 10},
    }
    assert [each["AlarmName"] for each in said["AutoRollbackConfiguration"]["Alarms"]] == GUARDED["guardrail"]["alarms"]
    assert "AutoRollbackConfiguration" not in calls()["update-endpoint"]["DeploymentConfig"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"guardrail": {"canary_percent": 10}}, "a canary without `alarms` turns nothing back"),
        ({"guardrail": {"alarms": ["a", "a"]}}, "SageMaker takes ten alarms, each once"),
        ({**GUARDED, "instances": 1}, "one machine is no canary"),
    ],
)
def test_a_guardrail_that_guards_nothing_is_refused(said: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        SagemakerTarget.model_validate({**SAGEMAKER, **said})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "files"),
    [
        ("lambda", {"template"}),
        ("sagemaker", {"create-model", "create-endpoint-config", "create-endpoint", "update-endpoint"}),
    ],
)
def test_the_page_shows_targets_that_compile_and_the_files_that_its_commands_take(
    tmp_path: Path, repository: Path, kind: str, files: set[str]
) -> None:
    page = (repository / "docs/howto/cloud.md").read_text()
    (text,) = re.findall(r"```yaml\n# conf/pipeline/churn.yaml\n(.*?)```", page, re.DOTALL)
    found = manifests_of(make_clustered(tmp_path / "root", load(text)["deploy"][kind]))
    assert set(found) == {f"{kind}/prod/{name}.yaml" for name in files}
    typed = set(re.findall(rf"pipelines/churn/deploy/({kind}/prod/[\w-]+\.yaml)", page))
    assert typed
    assert typed <= set(found)


def test_a_container_that_is_told_to_serve_reads_the_rest_from_the_environment() -> None:
    told = calls()["create-model"]["PrimaryContainer"]["Environment"]
    arguments = arguments_of(["serve"], told)
    assert arguments == ["/opt/ml/model", "--expect", BUNDLE, "--host", "0.0.0.0", "--behind", "proxy"]
    context = serve_command.command.make_context("serve", arguments)
    assert (context.params["name"], context.params["port"]) == ("/opt/ml/model", None)
    assert arguments_of(["churn"], told) == ["churn"]
    assert arguments_of(["serve"], {}) == ["serve"]


def test_what_a_server_is_told_fits_a_variable_at_its_longest() -> None:
    most = {key: 1234.5678 if "seconds" in key else 10_000 for key in Limits.model_fields}
    told = calls(limits=most)["create-model"]["PrimaryContainer"]["Environment"]["MLOPS_SERVE"]
    assert all(f'"--limit={key}=' in told for key in most)
    assert len(told) <= 1024


@pytest.mark.parametrize("wrong", ["x", "{}", "[]", "[1]", "[" * 100_000])
def test_a_variable_that_tells_nothing_is_refused(wrong: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        arguments_of(["serve"], {"MLOPS_SERVE": wrong})
    assert refused.value.message == f"the environment variable MLOPS_SERVE is no list of texts: {wrong[:80]!r}"
    ran = CliRunner().invoke(serve_command.command, ["serve"], env={"MLOPS_SERVE": wrong})
    assert isinstance(ran.exception, ConfigurationError)


def test_the_page_has_a_row_for_each_kind_of_target(repository: Path) -> None:
    page = (repository / "docs/howto/cluster.md").read_text().partition("## Validated, run here, not run")[2]
    rows = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")}
    assert rows == set(TARGETS)


def _python(script: str, given: Any) -> Any:
    if not (CLOUD / "python").exists():
        pytest.skip("the tools of AWS are not installed: make cloud")
    done = subprocess.run(
        [CLOUD / "python", "-c", script], input=json.dumps(given), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.tools
def test_cfn_lint_takes_each_template_and_finds_planted_faults(tmp_path: Path) -> None:
    if not (CLOUD / "cfn-lint").exists():
        pytest.skip("cfn-lint is not installed: make cloud")
    wrong = template()
    wrong["Resources"]["Function"]["Properties"] |= {"MemorySiz": 1, "Timeout": 901}
    made = {"plain": template(), "longest": template(**LONGEST), "wrong": wrong}
    for name, said in made.items():
        (tmp_path / f"{name}.yaml").write_text(json.dumps(said))
    paths = [str(tmp_path / f"{name}.yaml") for name in made]
    command = [CLOUD / "cfn-lint", "--include-checks", "I", "W", "E", "--format", "json", "--", *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = {(Path(each["Filename"]).stem, each["Rule"]["Id"]) for each in json.loads(done.stdout)}
    assert found == {("wrong", "E3002"), ("wrong", "E3717")}


_HELD = """
import json, sys
import botocore.session
from botocore.validate import ParamValidator
service = botocore.session.get_session().get_service_model("sagemaker")
found = []
for call, said in json.load(sys.stdin):
    name = "".join(word.title() for word in call.split("-"))
    found.append(ParamValidator().validate(said, service.operation_model(name).input_shape).generate_report())
print(json.dumps(found))
"""


@pytest.mark.slow
@pytest.mark.tools
def test_botocores_description_takes_each_call_and_finds_planted_faults() -> None:
    right = [each for said in ({}, GUARDED) for each in calls(**said).items()]
    wrong = deepcopy(calls()["create-endpoint-config"])
    wrong["ProductionVariants"][0]["InstanceTyp"] = wrong["ProductionVariants"][0].pop("InstanceType")
    wrong["ProductionVariants"][0]["InitialInstanceCount"] = "2"
    del wrong["EndpointConfigName"]
    *empty, told = _python(_HELD, [*right, ("create-endpoint-config", wrong)])
    assert empty == [""] * len(right)
    assert 'Missing required parameter in input: "EndpointConfigName"' in told
    assert 'Unknown parameter in ProductionVariants[0]: "InstanceTyp"' in told
    assert "Invalid type for parameter ProductionVariants[0].InitialInstanceCount" in told


_RUN = """
import json, sys
import boto3
from moto import mock_aws
called = json.load(sys.stdin)
with mock_aws():
    client = boto3.client("sagemaker", "eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    client.create_model(**called["create-model"])
    client.create_endpoint_config(**called["create-endpoint-config"])
    client.create_endpoint(**called["create-endpoint"])
    name = called["create-endpoint"]["EndpointName"]
    endpoint = client.describe_endpoint(EndpointName=name)
    settings = client.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    model = client.describe_model(ModelName=settings["ProductionVariants"][0]["ModelName"])
print(json.dumps([endpoint["EndpointStatus"], model["PrimaryContainer"]]))
"""


@pytest.mark.slow
@pytest.mark.tools
def test_moto_makes_the_endpoint_and_describes_the_live_bundle() -> None:
    said = calls(**GUARDED)
    status, container = _python(_RUN, said)
    assert status == "InService"
    assert container == said["create-model"]["PrimaryContainer"]
