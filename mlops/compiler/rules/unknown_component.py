"""unknown-component: a kind that is in no registry.

What: a candidate, a source or a target of a kind this version does not have, and no class of the pipeline's own.
Why: it would be looked for at run time only, and a name must never reach further than the registry.
Fix: use a kind that conf/README.md lists, or write `kind: pipelines.NAME.MODULE:CLASS`.
Example: `model: {wide: {kind: torch.nn.Linear}}`.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlops.blocks.address import OWN_KIND
from mlops.compiler.rules.finding import Finding, Key
from mlops.diagnostics import suggest
from mlops.files.plain_yaml import Values
from mlops.models import MODELS
from mlops.plan.pipeline import PipelinePlan
from mlops.sources import SOURCES
from mlops.targets import TARGETS


def check(pipeline: PipelinePlan) -> Iterator[Finding]:
    """Find kinds without a registry entry."""
    yield from _models(pipeline)
    for place, source in _sources(pipeline.stage("ingest").section):
        for index, part in enumerate((source, *source.get("beside", ()))):
            if (kind := str(part.get("kind"))) not in SOURCES:
                key: Key = (*place, *(("beside", index - 1) if index else ()), "kind")
                yield _finding(key, kind, "the source", tuple(SOURCES))
    for name, kind in pipeline.targets.items():
        if kind not in TARGETS:
            yield _finding(("deploy", name, "kind"), kind, f"target `{name}`", tuple(TARGETS))


def _models(pipeline: PipelinePlan) -> Iterator[Finding]:
    """Find candidates of no kind, and those whose kind is to call code of another's."""
    own = f"pipelines.{pipeline.name}."
    for name, model in pipeline.stage("train").section.get("candidates", {}).items():
        kind = str(model.get("kind"))
        if kind not in MODELS and not (kind.startswith(own) and OWN_KIND.fullmatch(kind)):
            yield _finding(("model", name, "kind"), kind, f"model `{name}`", tuple(MODELS))
        elif kind in MODELS and (named := MODELS[kind].can.get("own")) is not None:
            address = str(model.get(named))
            if not (address.startswith(own) and OWN_KIND.fullmatch(address)):
                message, hint = (
                    f"`{address}` of model `{name}` is no code of this pipeline's",
                    f"write `{own}<module>:<function>`",
                )
                yield Finding(("model", name, named), message, hint, "unknown-component", "error")


def _sources(reads: Values) -> Iterator[tuple[Key, Values]]:
    """List what a snapshot is taken from, each with its place in the YAML."""
    yield ("data", "source"), reads.get("source", {})
    for index, joined in enumerate(reads.get("join", ())):
        yield ("data", "join", index, "source"), joined.get("source", {})
    if "test" in reads:
        yield ("data", "test"), reads["test"]


def _finding(key: Key, kind: str, what: str, known: tuple[str, ...]) -> Finding:
    return Finding(key, f"unknown kind `{kind}` of {what}", suggest(kind, known), "unknown-component", "error")
