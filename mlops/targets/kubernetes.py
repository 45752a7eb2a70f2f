"""Servers in a Kubernetes cluster: manifests for each environment, which a GitOps tool applies, never this program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from mlops.blocks.block import Items
from mlops.blocks.cluster import Asking, Replicas
from mlops.files.compiled_text import Value, document
from mlops.kinds.kind import of_block
from mlops.plan.placed import Placed
from mlops.targets.cluster import (
    MODELS,
    MOUNT,
    ClusterTarget,
    exposed,
    grace,
    image_volume,
    isolated,
    labels,
    metadata,
    mounts,
    named,
    placement,
    pulled,
    reference,
    server,
    temporary,
    told,
)

_KIND = "kubernetes"


class KubernetesTarget(ClusterTarget):
    """Servers in a Kubernetes cluster, of a runtime image that mounts the image of the bundle that is live.

    Manifests stand in `pipelines/NAME/deploy/TARGET/ENVIRONMENT/`, where `conf/release/ENVIRONMENT/NAME.yaml` names an
    `image`; Argo CD or Flux applies them. Needs Kubernetes 1.35, whose volumes may be images.
    """

    kind: Literal["kubernetes"]
    """Name of the kind."""
    asked_by: Items[Asking] = ()
    """Pods that may ask; those of the same namespace where none are named."""


def manifests(placed: Placed, said: Mapping[str, Any]) -> dict[str, str]:
    """Write the manifests of one environment, a file an object."""
    target = KubernetesTarget.model_validate(said)
    name = named(placed.pipeline, placed.target, target.kind)
    objects: dict[str, dict[str, Value]] = {
        "service-account": _object(placed, name, "v1", "ServiceAccount", automountServiceAccountToken=False),
        "deployment": _object(placed, name, "apps/v1", "Deployment", spec=_deployment(placed, name, target)),
        "service": _object(placed, name, "v1", "Service", spec=_service(placed, name)),
        "network-policy": _object(
            placed, name, "networking.k8s.io/v1", "NetworkPolicy", spec=_reach(placed, name, target)
        ),
        "disruption-budget": _object(placed, name, "policy/v1", "PodDisruptionBudget", spec=_disruption(placed, name)),
    }
    if target.replicas.least < target.replicas.most:
        spec = _scaling(name, target.replicas)
        objects["autoscaler"] = _object(placed, name, "autoscaling/v2", "HorizontalPodAutoscaler", spec=spec)
    return {f"{file}.yaml": document(placed.sources, value) for file, value in sorted(objects.items())}


def _object(placed: Placed, name: str, version: str, kind: str, **body: Value) -> dict[str, Value]:
    return {"apiVersion": version, "kind": kind, "metadata": metadata(placed, name, _KIND), **body}


def _deployment(placed: Placed, name: str, target: KubernetesTarget) -> dict[str, Value]:
    """Replace servers one by one, each only when another answers; an autoscaler alone says how many there are."""
    fixed: dict[str, Value] = {"replicas": target.replicas.least}
    scaled = target.replicas.least < target.replicas.most
    return ({} if scaled else fixed) | {
        "selector": {"matchLabels": labels(placed, name, _KIND)},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "template": {
            "metadata": {"labels": labels(placed, name, _KIND), "annotations": {"mlops.bundle": placed.bundle}},
            "spec": _pod(placed, name, target),
        },
    }


def _pod(placed: Placed, name: str, target: KubernetesTarget) -> dict[str, Value]:
    return {
        "serviceAccountName": name,
        **isolated(),
        **pulled(target.pull_secret),
        "terminationGracePeriodSeconds": grace(target.limits),
        **placement(labels(placed, name, _KIND), target.nodes),
        "containers": [server(target, "server", name, MOUNT) | {"args": told(placed, target, MODELS)}],
        "volumes": [
            image_volume(reference(placed, target.model)),
            temporary(),
        ],
    }


def _service(placed: Placed, name: str) -> dict[str, Value]:
    ports: list[Value] = [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}]
    return {"type": "ClusterIP", "selector": labels(placed, name, _KIND), "ports": ports}


def _reach(placed: Placed, name: str, target: KubernetesTarget) -> dict[str, Value]:
    """Let in those who may ask, and nothing out: a server of one bundle asks nobody."""
    peers: list[Value] = [_peer(each) for each in target.asked_by] or [{"podSelector": {}}]
    return {
        "podSelector": {"matchLabels": labels(placed, name, _KIND)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": peers, "ports": [{"port": "http", "protocol": "TCP"}]}],
        "egress": [],
    }


def _peer(asking: Asking) -> dict[str, Value]:
    peer: dict[str, Value] = {}
    if asking.namespace:
        peer["namespaceSelector"] = {"matchLabels": dict(sorted(asking.namespace.items()))}
    pods: dict[str, Value] = {"matchLabels": dict(sorted(asking.pods.items()))} if asking.pods else {}
    return peer | {"podSelector": pods}


def _disruption(placed: Placed, name: str) -> dict[str, Value]:
    """Let nodes be emptied one server at a time; `minAvailable: 1` would keep a single one there for ever."""
    return {
        "maxUnavailable": 1,
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
        "selector": {"matchLabels": labels(placed, name, _KIND)},
    }


def _scaling(name: str, replicas: Replicas) -> dict[str, Value]:
    if replicas.by == "cpu":
        measured: dict[str, Value] = {
            "type": "Resource",
            "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": replicas.target}},
        }
    else:
        target: dict[str, Value] = {"type": "AverageValue", "averageValue": str(replicas.target)}
        metric = {"name": "mlops_serve_requests_in_progress"}
        measured = {"type": "Pods", "pods": {"metric": metric, "target": target}}
    return {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
        "minReplicas": replicas.least,
        "maxReplicas": replicas.most,
        "metrics": [measured],
    }


KIND = of_block(KubernetesTarget, {"exposed": exposed, "manifests": manifests, "mounts": mounts}, splits_traffic=False)
