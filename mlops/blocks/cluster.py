"""What a cluster gives to a server: processor, memory, how many of them, and on which nodes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from mlops.blocks.block import Block, Items, misplaced

_PART = r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_PREFIX = r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*/)?"
LabelKey = Annotated[str, StringConstraints(pattern=rf"^{_PREFIX}{_PART}$", max_length=317)]
LabelValue = Annotated[str, StringConstraints(pattern=rf"^({_PART})?$", max_length=63)]
Labels = dict[LabelKey, LabelValue]
"""Labels as Kubernetes takes them: a value is text, `"true"` in quotes."""
DnsName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]

_NAMED = r"[a-z0-9]+([._-]+[a-z0-9]+)*"
_REPOSITORY = rf"([a-z0-9][a-z0-9.-]*(:\d{{1,5}})?/)?{_NAMED}(/{_NAMED})*"
Repository = Annotated[str, StringConstraints(pattern=rf"^{_REPOSITORY}$", max_length=255)]
"""Where images are pushed to and pulled from, without a tag: `ghcr.io/acme/churn`."""
Pinned = Annotated[
    str, StringConstraints(pattern=rf"^{_REPOSITORY}(:[A-Za-z0-9_][A-Za-z0-9._-]{{0,127}})?@sha256:[0-9a-f]{{64}}$")
]
"""An image by its digest: `ghcr.io/acme/serve@sha256:…`."""


class Resources(Block):
    """What one server has: it is scheduled where so much is free, and ended where it takes more memory."""

    cpu: Annotated[str, StringConstraints(pattern=r"^([1-9]\d{0,5}m|[1-9]\d{0,3}(\.\d{1,3})?)$")] = "500m"
    """Processors that it asks for, in thousandths: `500m`, or whole: `"2"`. It may take more where they are idle."""
    memory: Annotated[str, StringConstraints(pattern=r"^[1-9]\d{0,6}(Mi|Gi)$")] = "256Mi"
    """Memory that it asks for and may not exceed."""
    gpu: Annotated[int, Field(ge=0, le=64)] = 0
    """Accelerators, `nvidia.com/gpu`; the image of the server must bring what they need."""


class Replicas(Block):
    """How many servers there are, and what adds one; `least` equal to `most` is that many, always."""

    least: Annotated[int, Field(ge=1, le=1000)] = 2
    """There are never fewer."""
    most: Annotated[int, Field(ge=1, le=1000)] = 10
    """There are never more."""
    by: Literal["cpu", "in_flight"] = "cpu"
    """`cpu`: the share of what `resources` ask for; `in_flight`: requests that one server is answering, which the
    cluster's metrics adapter must give as `mlops_serve_requests_in_progress`."""
    target: Annotated[int, Field(ge=1, le=1000)] = 70
    """Percent of the processors, or requests in flight, that a server should have on average."""

    @model_validator(mode="after")
    def _ordered(self) -> Replicas:
        if self.least > self.most:
            why = f"`least` is {self.least}, more than `most`, {self.most}"
            raise misplaced(("least",), why, "write at most as many as `most`")
        return self


class Toleration(Block):
    """A taint of nodes that the server may run on all the same."""

    key: LabelKey
    """Key of the taint."""
    operator: Literal["Equal", "Exists"] = "Equal"
    """Whether the taint must have the `value`, or any."""
    value: LabelValue | None = None
    """Value of the taint."""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """What the taint does; any where it is not given."""

    @model_validator(mode="after")
    def _valued(self) -> Toleration:
        if (self.operator == "Equal") != (self.value is not None):
            why = "`Equal` has no `value`" if self.value is None else "`Exists` has a `value`"
            raise misplaced(("operator",), why, "write `value`, or `operator: Exists` without one")
        return self


class Nodes(Block):
    """Nodes that servers may run on."""

    labels: Labels = Field(default_factory=dict)
    """Labels that a node must have (`nodeSelector`)."""
    tolerations: Items[Toleration] = ()
    """Taints that do not keep the servers off."""


class ClusterJob(Block):
    """What a cluster runs a job of: an image that has this program, and the image of the bundle that is live."""

    image: Pinned
    """Image with mlops and its extra `train`, by its digest."""
    model: Repository
    """Repository of the images that hold a bundle alone; the release file has the digest."""
    pull_secret: DnsName | None = None
    """Secret of the namespace by which images are pulled."""
    secret: DnsName | None = None
    """Secret whose keys are environment variables of the job: credentials of where rows lie."""
    service_account: DnsName | None = None
    """Service account of the job, where the cloud gives it a right by that."""
    minutes: Annotated[int, Field(ge=1, le=10_080)] = 50
    """A job is stopped after so long; the next finishes what it began."""
    resources: Resources = Resources()
    """What a job has."""
    nodes: Nodes = Nodes()
    """Nodes that a job may run on."""


class Asking(Block):
    """Pods that may ask: those that have these labels."""

    namespace: Labels = Field(default_factory=dict)
    """Labels of the namespace; the server's own namespace where there are none."""
    pods: Labels = Field(default_factory=dict)
    """Labels of the pods; all of the namespace where there are none."""
