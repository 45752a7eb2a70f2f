"""What a pipeline names and no library is here for: told before anything is trained, with the line to type.

Whoever compiles and serves alone installs no library that trains: nothing is said there.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from mlops.configuration.data import sources
from mlops.configuration.model import Own
from mlops.diagnostics import Diagnostic
from mlops.extras import EXTRAS, absent, line
from mlops.models import MODELS

if TYPE_CHECKING:
    from mlops.configuration.pipeline import Pipeline
    from mlops.configuration.reading.document import Path
    from mlops.operations.workspace import Workspace

    Needed = tuple[Path, str, str]
    """Where it stands in the YAML, what it is, and the extra that brings its library."""


def missing_extras(workspace: Workspace) -> Iterator[Diagnostic]:
    """Find what cannot be trained here for want of a library; a warning, as another machine may have it."""
    lacking = cache(absent)
    if lacking("train") is not None:
        return
    for loaded in workspace.pipelines.values():
        for path, what, extra in needed(loaded.spec):
            if library := lacking(extra):
                message = f"{what} needs {library}, which is not installed here"
                yield Diagnostic(loaded.origins.where(path), message, line(extra), "missing-extra", "warning")


def needed(spec: Pipeline) -> Iterator[Needed]:
    """List what a pipeline names that comes with an extra beside that of training."""
    for name, model in spec.model.items():
        kind = None if isinstance(model, Own) else MODELS.get(model.kind)
        if kind is not None and (extra := kind.can.get("extra")):
            yield ("model", name, "kind"), f"candidate {name} of kind `{kind.name}`", extra
    if spec.tune is not None:
        yield ("tune",), "a search for parameters", "tune"
    if spec.trainer.engine == "ray":
        yield ("trainer", "engine"), "`engine: ray`", "ray"
    if spec.evaluate.explain is not None and spec.evaluate.explain.attributions:
        yield ("evaluate", "explain", "attributions"), "`attributions`", "explain"
    for path, source in sources(spec.data):
        if source.kind in EXTRAS:  # an extra is called as the kind of source that it is for
            yield (*path, "kind"), f"reading `kind: {source.kind}`", source.kind
    if spec.data.images:
        yield ("data", "images"), "reading pictures", "image"
