"""Stages of own code: whether their names are free and each follows another, and which files they are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from mlops.configuration.load import Loaded
from mlops.configuration.pipeline import Pipeline
from mlops.diagnostics import Diagnostic, suggest
from mlops.operations.digests.own_code import files_of
from mlops.stages.declare.order import STAGES
from mlops.stages.declare.own import CODE, FIRST

_TAKEN = (*STAGES, CODE, "raw", "score", "tracking", "valid")
_Found = tuple[tuple[str, ...], str, str]


def files(root: Path, pipelines: Mapping[str, Loaded]) -> dict[str, tuple[str, ...]]:
    """List the files that own stages are made of, by the address of their function."""
    used = [(name, stage.use) for name, loaded in pipelines.items() for stage in loaded.spec.stages.values()]
    return {use: files_of(root, name, use) for name, use in used}


def wrong(pipelines: Mapping[str, Loaded]) -> list[Diagnostic]:
    """Find names that the compiler uses, and stages that do not stand in one row behind `ingest`."""
    return [
        Diagnostic(loaded.origins.where(key), message, hint, "stages")
        for loaded in pipelines.values()
        for key, message, hint in _wrong(loaded.spec)
    ]


def _wrong(spec: Pipeline) -> Iterator[_Found]:
    seen: dict[str, str] = {}
    for name, stage in spec.stages.items():
        after = ("stages", name, "after")
        if name in _TAKEN:
            yield ("stages", name), f"`{name}` is a name that the compiler uses", "choose another name"
        if stage.after not in (FIRST, *(other for other in spec.stages if other != name)):
            others = [FIRST, *(other for other in spec.stages if other != name)]
            yield after, f"`{name}` follows `{stage.after}`, which it may not follow", suggest(stage.after, others)
        elif stage.after in seen:
            message = f"`{name}` and `{seen[stage.after]}` both follow `{stage.after}`"
            yield after, message, f"write `after: {seen[stage.after]}`"
        seen.setdefault(stage.after, name)
    if spec.stages and spec.monitor is not None and spec.monitor.retrain is not None:
        message = "requests hold what own stages made, and new rows must be as the source has them"
        yield ("monitor", "retrain"), message, "remove `retrain`, or the stages"
    if spec.stages and FIRST not in seen:
        yield ("stages",), f"no stage follows `{FIRST}`", f"write `after: {FIRST}` in the first"
