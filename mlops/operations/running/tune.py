"""`mlops tune`: search for parameters again; what a run then trains by is what this leaves."""

from __future__ import annotations

from dataclasses import replace

from mlops.documents.tuning import TuningReport
from mlops.errors import ConfigurationError, IntegrityError
from mlops.files.atomic import write_text
from mlops.operations.processes.reproducing import command
from mlops.operations.running.run import Begun, Reproduce, reproduce, told_of
from mlops.operations.workspace import Workspace
from mlops.stages.declare.tune import REPORT
from mlops.stages.wish import wish_of

STAGE = "tune"


def tune(workspace: Workspace, name: str, reproduce: Reproduce = reproduce) -> TuningReport:
    """Run what is stale before the search, then the search, whatever was found before; gives what it found.

    One that was killed goes on where it was, when it is asked for again.

    Raises:
        ConfigurationError: the pipeline has no `tune:`.
        IntegrityError: the search left nothing that can be read.
        MlopsError: what `run_pipeline` raises.
    """
    pipeline = workspace.pipeline(name)
    stages = tuple(stage.name for stage in pipeline.stages)
    if STAGE not in stages:
        raise ConfigurationError(f"{name} has no `tune:`", hint=f"write `tune: {{trials: 40}}` into {pipeline.source}")
    until, standing = stages[: stages.index(STAGE) + 1], told_of(workspace, name)
    if standing.refused is not None:
        raise standing.refused
    if before := tuple(stage for stage in until[:-1] if stage in standing.stale):
        begun = Begun.of(workspace, name, standing, before)
        begun.ran(reproduce(workspace.root, begun.command), until[:-1])
    write_text(wish_of(workspace.root, name), "")
    begun = Begun.of(workspace, name, standing, (STAGE,))
    forced = command(name, ["--force", "--single-item", f"{pipeline.folder}/dvc.yaml:{STAGE}"])
    begun = replace(begun, command=forced)
    begun.ran(reproduce(workspace.root, begun.command), until)
    found = TuningReport.read(workspace.root / pipeline.folder / REPORT)
    if found is None:
        raise IntegrityError(f"{name}: the search left no {REPORT}", hint=f"mlops tune {name}")
    return found
