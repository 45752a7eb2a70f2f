"""A function of AWS Lambda, the image of server and bundle: a template of CloudFormation for each environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from mlops.blocks.aws import EcrRepository, RoleArn
from mlops.blocks.block import Block
from mlops.blocks.limits import Limits
from mlops.files.compiled_text import Value, document
from mlops.kinds.kind import of_block
from mlops.kinds.union import Kinded
from mlops.plan.placed import Placed
from mlops.targets.cluster import dns


class LambdaTarget(Kinded):
    """A function of AWS Lambda that answers API Gateway, a URL of its own, and whoever may invoke it.

    Its image is stage `image` of a container's Dockerfile, in ECR. The compiled template takes the image's digest as
    its parameter `Digest`; the function holds the bundle in it to the digest that is live, and starts with no other.
    """

    kind: Literal["lambda"]
    """Name of the kind."""
    repository: EcrRepository
    """Repository of ECR that the image of server and bundle is pushed to, without a tag."""
    role: RoleArn
    """Role that the function runs as; it needs no right but to write its log."""
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    """Processor that the image was built for."""
    memory_mb: Annotated[int, Field(ge=128, le=10_240)] = 512
    """Memory; the share of processors grows with it, one at 1,769."""
    seconds: Annotated[int, Field(ge=1, le=900)] = 30
    """That one invocation may take."""
    concurrency: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Invocations at once, reserved and at most; what the account allows where it is not given."""
    url: bool = False
    """A URL of the function's own, which asks whoever comes for a signature of AWS (`AWS_IAM`)."""
    limits: Limits = Limits()
    """What the server takes from those who ask; those of connections mean nothing here."""


def exposed(target: Block) -> str | None:
    """Nobody asks a function whom AWS does not let: there is no URL without a signature."""
    return None


def mounts(target: Block) -> bool:
    """Tell whether there are manifests of what is live: here always."""
    return isinstance(target, LambdaTarget)


def manifests(placed: Placed, said: Mapping[str, Any]) -> dict[str, str]:
    """Write the template of one environment."""
    target = LambdaTarget.model_validate(said)
    resources: dict[str, Value] = {"Function": _function(placed, target)}
    outputs: dict[str, Value] = {"Function": {"Value": {"Fn::GetAtt": ["Function", "Arn"]}}}
    if target.url:
        properties: Value = {"AuthType": "AWS_IAM", "TargetFunctionArn": {"Fn::GetAtt": ["Function", "Arn"]}}
        resources["Url"] = {"Type": "AWS::Lambda::Url", "Properties": properties}
        outputs["Url"] = {"Value": {"Fn::GetAtt": ["Url", "FunctionUrl"]}}
    template: dict[str, Value] = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Model {placed.pipeline} in {placed.environment}",
        "Parameters": {
            "Digest": {
                "Type": "String",
                "AllowedPattern": "^sha256:[0-9a-f]{64}$",
                "Description": f"Digest of the image in {target.repository} that holds server and bundle",
            }
        },
        "Resources": resources,
        "Outputs": outputs,
    }
    return {"template.yaml": document(placed.sources, template)}


def _function(placed: Placed, target: LambdaTarget) -> dict[str, Value]:
    reserved: dict[str, Value] = (
        {} if target.concurrency is None else {"ReservedConcurrentExecutions": target.concurrency}
    )
    properties: dict[str, Value] = {
        "FunctionName": service_name(placed, target.kind),
        "PackageType": "Image",
        "Code": {"ImageUri": {"Fn::Sub": f"{target.repository}@${{Digest}}"}},
        "ImageConfig": {"Command": [f"/models/{placed.pipeline}", *_told(placed, target)]},
        "Architectures": [target.architecture],
        "Role": target.role,
        "MemorySize": target.memory_mb,
        "Timeout": target.seconds,
        **reserved,
        "Tags": [{"Key": "mlops.bundle", "Value": placed.bundle}],
    }
    return {"Type": "AWS::Lambda::Function", "Properties": properties}


def _told(placed: Placed, target: LambdaTarget) -> list[str]:
    return ["--expect", placed.bundle, "--log-format", "ecs", *limited(target.limits)]


def service_name(placed: Placed, kind: str) -> str:
    """Name a service of one environment: an account has one of each name in a region.

    Two hyphens part them, so that `churn` in `eu-prod` is not `churn-eu` in `prod`, nor the target `eu` of `churn`.

    Example:
        >>> service_name(Placed("churn", "lambda", "prod", "", "", ""), "lambda")
        'churn--prod'
    """
    whole = placed.pipeline if placed.target == kind else f"{placed.pipeline}--{placed.target}"
    return dns(f"{whole}--{placed.environment}")


def limited(limits: Limits) -> list[str]:
    """List what `mlops serve` is told of limits that are not the usual ones, each one text: Lambda takes none twice."""
    said = limits.model_dump(exclude_defaults=True)
    return [f"--limit={key}={value}" for key, value in said.items()]


KIND = of_block(
    LambdaTarget, {"exposed": exposed, "manifests": manifests, "mounts": mounts}, splits_traffic=False, keeps_log=False
)
