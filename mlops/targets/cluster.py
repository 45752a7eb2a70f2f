"""What the targets in a cluster have in common: a server of a runtime image, with the image of the bundle mounted."""

from __future__ import annotations

import hashlib
import math
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from mlops.blocks.cluster import DnsName, Nodes, Pinned, Replicas, Repository, Resources
from mlops.blocks.limits import Limits
from mlops.files.compiled_text import Value
from mlops.kinds.union import Kinded
from mlops.plan.placed import Placed
from mlops.targets.container import USER, arguments
from mlops.targets.local import Auth

MOUNT: dict[str, Value] = {"name": "model", "mountPath": "/model", "readOnly": True}
"""Where the image of the bundle is mounted."""
MODELS = f"{MOUNT['mountPath']}/models"
"""Where the bundle is then, in a folder of its pipeline's name."""
TEMPORARY = "temporary"
"""A volume of every container, and where it is."""
TEMPORARY_FOLDER = "/tmp"  # noqa: S108 - the container's own
_PRE_STOP = 5  # seconds in which the cluster learns that nothing more is to be sent here
_LONGEST = 50  # characters of a name that controllers make longer
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_LIVE, _READY = "/v2/health/live", "/v2/health/ready"


def _by_environment(auth: Auth | None) -> Auth | None:
    """Refuse a token in a file: what is mounted is the bundle."""
    if auth is not None and auth.token_from.startswith("file:"):
        raise ValueError("a cluster's secret comes as an environment variable: write its name, in capitals")
    return auth


class ClusterTarget(Kinded):
    """A target whose servers a cluster runs."""

    runtime: Pinned
    """Image of the server, by its digest: stage `runtime` of a container's Dockerfile."""
    model: Repository
    """Repository of the images that hold a bundle alone; the release file has the digest."""
    pull_secret: DnsName | None = None
    """Secret of the namespace by which images are pulled."""
    port: Annotated[int, Field(ge=1024, le=65535)] = 8080
    """Port to listen on."""
    auth: Annotated[Auth | None, AfterValidator(_by_environment)] = None
    """A token that every request must bring, `/ping` and `/health` excepted; the Secret of the servers' name has it
    under the variable's name."""
    behind: Literal["proxy"] | None = None
    """A proxy in front of the servers says who may ask."""
    limits: Limits = Limits()
    """What a server takes from those who ask."""
    replicas: Replicas = Replicas()
    """How many servers there are."""
    resources: Resources = Resources()
    """What one server has."""
    nodes: Nodes = Nodes()
    """Nodes that servers may run on."""


def exposed(target: ClusterTarget) -> str | None:
    """Name the address at which whoever reaches it may ask the model; None where somebody says who may."""
    return None if target.auth is not None or target.behind is not None else "the cluster's service"


def named(pipeline: str, target: str, kind: str) -> str:
    """Name the objects of a target: as the pipeline, and as the target where that is not called by its kind."""
    return dns(pipeline if target == kind else f"{pipeline}-{target}")


def dns(name: str) -> str:
    """Spell a name as a cluster takes it; a long one ends in a digest of the whole.

    Example:
        >>> dns("rand_hie")
        'rand-hie'
    """
    spelt = re.sub(r"[^a-z0-9-]", "-", name.lower()).strip("-")
    spelt = spelt if spelt[:1].isalpha() else f"m-{spelt}"  # a service's name begins with a letter
    if len(spelt) <= _LONGEST:
        return spelt
    return f"{spelt[: _LONGEST - 9].rstrip('-')}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def labels(placed: Placed, name: str, kind: str) -> dict[str, Value]:
    """Give the labels by which the pods of one target are found in one environment, and those of no other.

    A pipeline's targets may share a name: a job that a server's policy picked could reach nobody.
    """
    environment = placed.environment if _LABEL.fullmatch(placed.environment) else dns(placed.environment)
    found: dict[str, Value] = {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": environment}
    return found | {"app.kubernetes.io/component": kind}


def metadata(placed: Placed, name: str, kind: str, **more: Value) -> dict[str, Value]:
    """Name an object, and say who wrote it."""
    return {"name": name, "labels": labels(placed, name, kind) | {"app.kubernetes.io/managed-by": "mlops"}, **more}


def reference(placed: Placed, model: str) -> str:
    """Name the image of the live bundle by its digest."""
    return f"{model}@{placed.image}"


def told(placed: Placed, target: ClusterTarget, folder: str) -> list[str]:
    """List what a server is told: the folder of its bundle, which must be the one that is live, and how it serves."""
    return [f"{folder}/{placed.pipeline}", "--expect", placed.bundle, *arguments(target)]


def mounts(target: Kinded) -> bool:
    """Tell whether manifests name the image of the live bundle: here always."""
    return isinstance(target, ClusterTarget)


def server(target: ClusterTarget, name: str, secret: str, *volumes: Value) -> dict[str, Value]:
    """Describe one server: no right, no shell, a file system that only reads; `secret` has its token."""
    described: dict[str, Value] = {
        "name": name,
        "image": target.runtime,
        "ports": [{"name": "http", "containerPort": target.port, "protocol": "TCP"}],
    }
    if target.auth is not None:
        key = target.auth.token_from
        described["env"] = [{"name": key, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}]
    return described | {
        "resources": sized(target.resources),
        "securityContext": confined(),
        "startupProbe": _probe(_READY, periodSeconds=1, failureThreshold=120),
        "readinessProbe": _probe(_READY, periodSeconds=2, failureThreshold=2),
        "livenessProbe": _probe(_LIVE, periodSeconds=10, failureThreshold=3),
        "lifecycle": {"preStop": {"sleep": {"seconds": _PRE_STOP}}},
        "volumeMounts": [*volumes, {"name": TEMPORARY, "mountPath": TEMPORARY_FOLDER}],
    }


def grace(limits: Limits) -> int:
    """Count the seconds that a server may take to end: to be told, to drain, to answer what it has begun."""
    drain = 5.0 if limits.drain_seconds is None else limits.drain_seconds
    return math.ceil(_PRE_STOP + drain + limits.answer_seconds) + 5


def placement(selector: dict[str, Value], nodes: Nodes) -> dict[str, Value]:
    """Say where pods may run: on nodes that are asked for, and spread over zones and machines."""
    spread: list[Value] = [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": selector},
            "matchLabelKeys": ["pod-template-hash"],
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]
    return {"topologySpreadConstraints": spread} | chosen(nodes)


def chosen(nodes: Nodes) -> dict[str, Value]:
    """Pass on which nodes are asked for."""
    said: dict[str, Value] = {}
    if nodes.labels:
        said["nodeSelector"] = dict(sorted(nodes.labels.items()))
    if nodes.tolerations:
        said["tolerations"] = [each.model_dump(exclude_none=True) for each in nodes.tolerations]
    return said


def confined() -> dict[str, Value]:
    """Say of a container that it has no right, and a file system that only reads."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }


def image_volume(reference: str) -> dict[str, Value]:
    """Give the volume that is the image of a bundle."""
    return {"name": "model", "image": {"reference": reference, "pullPolicy": "IfNotPresent"}}


def isolated() -> dict[str, Value]:
    """Say of a pod that it has no token of the cluster, and no user of the machine."""
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }


def pulled(secret: str | None) -> dict[str, Value]:
    """Name the secret that images are pulled by, where there is one."""
    return {} if secret is None else {"imagePullSecrets": [{"name": secret}]}


def temporary(disk: str | None = None) -> dict[str, Value]:
    """Give the one folder that may be written to: a little memory, or so much of the node's disk."""
    folder: dict[str, Value] = {"medium": "Memory", "sizeLimit": "16Mi"} if disk is None else {"sizeLimit": disk}
    return {"name": TEMPORARY, "emptyDir": folder}


def _probe(path: str, **said: Value) -> dict[str, Value]:
    return {"httpGet": {"path": path, "port": "http"}, **said}


def sized(asked: Resources) -> dict[str, Value]:
    """Spell what a container asks for, and what it may not exceed."""
    accelerators: dict[str, Value] = {"nvidia.com/gpu": str(asked.gpu)} if asked.gpu else {}
    requests: dict[str, Value] = {"cpu": asked.cpu, "memory": asked.memory}
    return {"requests": requests | accelerators, "limits": {"memory": asked.memory} | accelerators}
