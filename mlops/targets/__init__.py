"""Kinds of target, where a packaged model is served: a file each, with what it may be told and how it serves."""

from __future__ import annotations

from mlops.kinds.kind import Kind
from mlops.kinds.slice import Slice
from mlops.kinds.union import Kinded

TARGETS = Slice[Kind]("targets", "target")


def places(kind: Kind | None, target: Kinded) -> bool:
    """Tell whether manifests are compiled for a target, which name the image of the bundle that is live."""
    return kind is not None and "mounts" in kind.functions and bool(kind.load("mounts")(target))
