"""What lowering is given besides the YAML: facts that were looked up before, so that it stays pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlops.blocks.accepted_leak import AcceptedLeak
from mlops.blocks.waiver import Waiver
from mlops.plan.pipeline import Rollout
from mlops.plan.placed import Live


@dataclass(frozen=True)
class Facts:
    """Digests of the framework's code and versions of the libraries it uses, by stage and by the module of a kind.

    What is live is a fact for the files of targets alone (`deploy/`): a release changes nothing else that is compiled.
    """

    code: Mapping[str, str] = field(default_factory=dict)
    libraries: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    waivers: Mapping[str, tuple[Waiver, ...]] = field(default_factory=dict)
    """Waivers by pipeline."""
    leaks: Mapping[str, AcceptedLeak] = field(default_factory=dict)
    """Columns that a pipeline's model may hang on, by pipeline."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """The file that people edit, by pipeline, where it is not `conf/pipeline/<name>.yaml`."""
    rollouts: Mapping[str, tuple[Rollout, ...]] = field(default_factory=dict)
    """What release files say of traffic, by pipeline."""
    live: Mapping[str, tuple[Live, ...]] = field(default_factory=dict)
    """What release files make live, by pipeline."""
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The files that own stages are made of, by the address of their function, relative to the pipeline's folder."""
    remote: str | None = None
    """The URL of DVC's remote; empty where there is none."""
