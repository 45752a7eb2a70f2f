"""An InferenceService of KServe for each environment, which a GitOps tool applies, never this program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import model_validator

from mlops.blocks.block import misplaced
from mlops.files.compiled_text import Value, document
from mlops.kinds.kind import of_block
from mlops.plan.placed import Placed
from mlops.targets.cluster import (
    ClusterTarget,
    exposed,
    grace,
    isolated,
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

_MOUNTED = "/mnt/models"  # https://github.com/kserve/kserve: what lies below /models of the image
_FORMAT = "mlops"
_GROUP = "serving.kserve.io"


class KserveTarget(ClusterTarget):
    """An InferenceService of KServe 0.20 or later in its Standard mode, whose model is the image of the live bundle.

    It brings its own runtime, the server of this program, which speaks the Open Inference Protocol; the cluster's
    volumes must be allowed to be images (Kubernetes 1.33 with its gate, or 1.35). KServe's canary stays unused: two
    splitters of one traffic would make shares of shares.
    """

    kind: Literal["kserve"]
    """Name of the kind."""

    @model_validator(mode="after")
    def _scaled(self) -> KserveTarget:
        if self.replicas.by == "in_flight":
            why = "KServe's Standard mode scales by the processor, not by requests in flight"
            raise misplaced(("replicas", "by"), why, "write `by: cpu`, or deploy to `kind: kubernetes`")
        return self


def manifests(placed: Placed, said: Mapping[str, Any]) -> dict[str, str]:
    """Write the manifests of one environment: the runtime, and the service that is of it."""
    target = KserveTarget.model_validate(said)
    name = named(placed.pipeline, placed.target, target.kind)
    objects: dict[str, dict[str, Value]] = {
        "inference-service": _service(placed, name, target),
        "serving-runtime": _runtime(placed, name, target),
    }
    return {f"{file}.yaml": document(placed.sources, value) for file, value in objects.items()}


def _runtime(placed: Placed, name: str, target: KserveTarget) -> dict[str, Value]:
    """Describe the server for this service alone: no other model picks it."""
    return {
        "apiVersion": f"{_GROUP}/v1alpha1",
        "kind": "ServingRuntime",
        "metadata": metadata(placed, name, target.kind),
        "spec": {
            "supportedModelFormats": [{"name": _FORMAT, "version": "1", "autoSelect": False}],
            "protocolVersions": ["v2"],
            **pulled(target.pull_secret),
            "containers": [server(target, "kserve-container", name)],
            "volumes": [temporary()],
        },
    }


def _service(placed: Placed, name: str, target: KserveTarget) -> dict[str, Value]:
    scaled = target.replicas.least < target.replicas.most
    notes: dict[str, Value] = {
        f"{_GROUP}/deploymentMode": "Standard",
        f"{_GROUP}/autoscalerClass": "hpa" if scaled else "none",
        "mlops.bundle": placed.bundle,
    }
    return {
        "apiVersion": f"{_GROUP}/v1beta1",
        "kind": "InferenceService",
        "metadata": metadata(placed, name, target.kind, annotations=notes),
        "spec": {"predictor": _predictor(placed, name, target, scaled=scaled)},
    }


def _predictor(placed: Placed, name: str, target: KserveTarget, *, scaled: bool) -> dict[str, Value]:
    """Give the model, how many servers there are, and where they run; a fixed number has no key of scaling."""
    scaling: dict[str, Value] = {"maxReplicas": target.replicas.most}
    scaling |= {"scaleMetric": "cpu", "scaleMetricType": "Utilization", "scaleTarget": target.replicas.target}
    return {
        "minReplicas": target.replicas.least,
        **(scaling if scaled else {"maxReplicas": target.replicas.most}),
        "deploymentStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        **isolated(),
        "terminationGracePeriodSeconds": grace(target.limits),
        **placement({f"{_GROUP}/inferenceservice": name}, target.nodes),
        "model": {
            "modelFormat": {"name": _FORMAT, "version": "1"},
            "runtime": name,
            "protocolVersion": "v2",
            "storageUri": f"oci+native://{reference(placed, target.model)}",
            "args": told(placed, target, _MOUNTED),
        },
    }


KIND = of_block(KserveTarget, {"exposed": exposed, "manifests": manifests, "mounts": mounts}, splits_traffic=False)
