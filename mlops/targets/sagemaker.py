"""An endpoint of Amazon SageMaker: what its API is asked for, a file a call, for each environment."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from mlops.blocks.aws import AlarmName, EcrImage, InstanceType, RoleArn, S3Folder
from mlops.blocks.block import Block, Items, misplaced
from mlops.blocks.limits import Limits
from mlops.files.compiled_text import Value, document
from mlops.kinds.kind import of_block
from mlops.kinds.union import Kinded
from mlops.plan.placed import Placed
from mlops.targets.aws_lambda import limited, service_name

_MODEL = "/opt/ml/model"  # where SageMaker puts what lies below the address of a model
_TOLD = "MLOPS_SERVE"


class Guardrail(Block):
    """How a new fleet of machines takes over from the old one, and what turns it back."""

    canary_percent: Annotated[int, Field(ge=1, le=50)] | None = None
    """Share of the new machines that takes over first; all of them at once where it is not given."""
    wait_seconds: Annotated[int, Field(ge=0, le=3600)] = 600
    """That the alarms are watched, before the rest takes over and after."""
    alarms: Items[AlarmName] = ()
    """CloudWatch alarms, by name; any that goes off meanwhile turns all traffic back to the old machines."""

    @model_validator(mode="after")
    def _watched(self) -> Guardrail:
        if self.canary_percent is not None and not self.alarms:
            why = "a canary without `alarms` turns nothing back"
            raise misplaced(("canary_percent",), why, "write `alarms: [NAME]`, or leave `canary_percent` away")
        if len(set(self.alarms)) != len(self.alarms) or len(self.alarms) > 10:
            raise misplaced(("alarms",), "SageMaker takes ten alarms, each once", "name each alarm once, ten at most")
        return self


class SagemakerTarget(Kinded):
    """An endpoint of Amazon SageMaker: the server's image, and the bundle that is live out of a bucket.

    The calls of its API stand in `pipelines/NAME/deploy/TARGET/ENVIRONMENT/`, a file each, for the AWS CLI
    (`--cli-input-yaml`); machines are replaced as a whole, blue by green.
    """

    kind: Literal["sagemaker"]
    """Name of the kind."""
    runtime: EcrImage
    """Image of the server in ECR, by its digest: stage `runtime` of a container's Dockerfile."""
    bundles: S3Folder
    """Folder of a bucket with a folder for each bundle, called by the 64 digits of its digest."""
    role: RoleArn
    """Role of the endpoint: it reads image and bundle."""
    instance: InstanceType = "ml.m5.large"
    """Machine that one server has."""
    instances: Annotated[int, Field(ge=1, le=1000)] = 2
    """How many there are."""
    guardrail: Guardrail = Guardrail()
    """How new machines take over."""
    limits: Limits = Limits()
    """What a server takes from those who ask."""

    @model_validator(mode="after")
    def _divisible(self) -> SagemakerTarget:
        if self.guardrail.canary_percent is not None and self.instances < 2:
            why = "one machine is no canary: SageMaker takes half of them at most"
            raise misplaced(("instances",), why, "write `instances: 2`, or leave `canary_percent` away")
        return self


def exposed(target: Block) -> str | None:
    """Nobody asks an endpoint whom AWS does not let: each request is signed."""
    return None


def mounts(target: Block) -> bool:
    """Tell whether there are manifests of what is live: here always."""
    return isinstance(target, SagemakerTarget)


def manifests(placed: Placed, said: Mapping[str, Any]) -> dict[str, str]:
    """Write the calls of one environment; a model and its configuration are named by what they hold."""
    target = SagemakerTarget.model_validate(said)
    name = service_name(placed, target.kind)
    tags: Value = [{"Key": "mlops.bundle", "Value": placed.bundle}]
    model = _model(placed, target)
    called = _by_content(name, model)
    variant: dict[str, Value] = {
        "VariantName": "live",
        "ModelName": called,
        "InstanceType": target.instance,
        "InitialInstanceCount": target.instances,
        "InitialVariantWeight": 1.0,
    }
    settings = _by_content(name, variant)
    endpoint: dict[str, Value] = {"EndpointName": name, "EndpointConfigName": settings}
    moved: dict[str, Value] = {"DeploymentConfig": _moved(target.guardrail)}
    calls: dict[str, dict[str, Value]] = {
        "create-model": {"ModelName": called, **model, "Tags": tags},
        "create-endpoint-config": {"EndpointConfigName": settings, "ProductionVariants": [variant], "Tags": tags},
        "create-endpoint": {**endpoint, "Tags": tags},
        "update-endpoint": {**endpoint, **moved},
    }
    return {f"{call}.yaml": document(placed.sources, value) for call, value in calls.items()}


def _model(placed: Placed, target: SagemakerTarget) -> dict[str, Value]:
    """Give image and bundle; a container of SageMaker is told `serve`, and the rest by a variable."""
    folder = f"{target.bundles}/{placed.bundle.removeprefix('sha256:')}/"
    source: Value = {"S3Uri": folder, "S3DataType": "S3Prefix", "CompressionType": "None"}
    container: dict[str, Value] = {
        "Image": target.runtime,
        "ModelDataSource": {"S3DataSource": source},
        "Environment": {_TOLD: _arguments(placed, target)},
    }
    return {"PrimaryContainer": container, "ExecutionRoleArn": target.role, "EnableNetworkIsolation": True}


def _arguments(placed: Placed, target: SagemakerTarget) -> str:
    """Spell what `mlops serve` is told; the port is SageMaker's, or 8080."""
    told = [_MODEL, "--expect", placed.bundle, "--host", "0.0.0.0", "--behind", "proxy"]  # noqa: S104 - AWS is before it
    return json.dumps([*told, *limited(target.limits)], separators=(",", ":"))


def _moved(guardrail: Guardrail) -> dict[str, Value]:
    routing: dict[str, Value] = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": guardrail.wait_seconds}
    if guardrail.canary_percent is not None:
        routing["Type"] = "CANARY"
        routing["CanarySize"] = {"Type": "CAPACITY_PERCENT", "Value": guardrail.canary_percent}
    policy: Value = {
        "TrafficRoutingConfiguration": routing,
        "TerminationWaitInSeconds": guardrail.wait_seconds,
        "MaximumExecutionTimeoutInSeconds": 3 * guardrail.wait_seconds + 3600,
    }
    alarms: Value = [{"AlarmName": name} for name in guardrail.alarms]
    back: dict[str, Value] = {"AutoRollbackConfiguration": {"Alarms": alarms}} if guardrail.alarms else {}
    return {"BlueGreenUpdatePolicy": policy, **back}


def _by_content(name: str, value: Mapping[str, Value]) -> str:
    """Name what never changes by what it holds: the API refuses a second of a name."""
    held = hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
    return f"{name}-{held[:12]}"


KIND = of_block(
    SagemakerTarget,
    {"exposed": exposed, "manifests": manifests, "mounts": mounts},
    splits_traffic=False,
    keeps_log=False,
)
