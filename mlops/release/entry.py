"""What the registry is told about a bundle: everything is read from the bundle itself, plus where it came from."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops.files import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlops.bundle.contents import Contents

BUNDLE = "mlops.bundle"
VERDICT = "mlops.verdict"
JUDGED = "mlops.judged"
Measured = tuple[str, float, int]
"""A metric's name, its value and the epoch it belongs to."""


@dataclass(frozen=True)
class Origin:
    """Where a bundle was made: the commit, and whether it was made of files that differ from it; its data's place.

    `judged` is the digest of the bundle that a pull request's run judged, `unknown` where nobody can name it any more,
    and None where no run was asked.
    """

    commit: str
    dirty: bool = False
    source: str = ""
    judged: str | None = None


@dataclass(frozen=True)
class Entry:
    """One bundle as MLflow sees it: a run's content and a model version's tags."""

    name: str
    digest: str
    params: tuple[tuple[str, str], ...]
    metrics: tuple[Measured, ...]
    tags: tuple[tuple[str, str], ...]
    data: str
    source: str

    @property
    def run_name(self) -> str:
        """A short name that is the same for the same bundle."""
        return f"{self.name}-{self.digest.removeprefix('sha256:')[:12]}"


def read_entry(bundle: Contents, origin: Origin, history: tuple[Measured, ...] = ()) -> Entry:
    """Read a verified bundle; `history` is the training's, by epoch."""
    manifest = bundle.manifest
    return Entry(
        name=manifest.pipeline,
        digest=bundle.digest,
        params=tuple(_params(_read(bundle, "model.json"))),
        metrics=(*_metrics(_read(bundle, "metrics.json")), *history),
        tags=tuple(sorted(_tags(bundle, manifest.identity, origin))),
        data=manifest.identity["data"],
        source=origin.source,
    )


def _read(bundle: Contents, name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(bundle.files.get(name, b"{}"))
    return value


def _params(model: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key in ("candidate", "kind", "task"):
        yield key, str(model[key])
    for key, value in sorted(model["parameters"].items()):
        if key not in model:
            yield key, value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _tags(bundle: Contents, identity: Mapping[str, Any], origin: Origin) -> Iterator[tuple[str, str]]:
    yield BUNDLE, bundle.digest
    yield "mlops.code", canonical.digest_json(identity["code"])
    yield "mlops.commit", origin.commit
    yield "mlops.configuration", identity["configuration"]
    yield "mlops.data", identity["data"]
    yield "mlops.dirty", str(origin.dirty).lower()
    yield "mlops.gate", identity["gate"]
    if origin.judged is not None:
        yield JUDGED, origin.judged
    yield VERDICT, _read(bundle, "gate.json").get("verdict", "unknown")
    for stage, code in sorted(identity["code"].items()):
        yield f"mlops.code.{stage}", code


def _metrics(report: Mapping[str, Any]) -> Iterator[Measured]:
    """Give the candidate's metrics on the test part, each with its interval."""
    for name, measured in sorted(report.get("models", {}).get("candidate", {}).items()):
        for suffix, key in (("", "value"), ("_low", "low"), ("_high", "high")):
            value = measured.get(key)
            if value is not None and math.isfinite(value):
                yield f"{name}{suffix}", float(value), 0
