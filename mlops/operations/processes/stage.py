"""Run one stage in its pipeline's folder, the way `dvc repro` does."""

from __future__ import annotations

import importlib
import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mlops.diagnostics import slips
from mlops.documents.stage_end import StageEnd
from mlops.errors import ConfigurationError, MlopsError
from mlops.files.plain_yaml import parse
from mlops.files.sqlite_store import absolute, within
from mlops.files.system import refused
from mlops.files.without_gc import uncollected
from mlops.operations.processes import memory
from mlops.operations.processes.numerics import pin_numerics
from mlops.operations.processes.times import about, durations, remember
from mlops.operations.tracked import data_of, source_here
from mlops.stages.context import StageContext, Tracking
from mlops.stages.declare.order import STAGES


def run_stage(folder: Path, name: str) -> None:
    """Run a stage with its own section of `params.yaml`, and note how it ended and how long it took.

    Raises:
        MlopsError: whatever stopped the stage; it is also written to `.mlops/results/<pipeline>.json`.
    """
    root, pipeline = folder.parent.parent, folder.name
    started = time.monotonic()
    memory.keep()
    try:
        context = _context(folder, pipeline, name)
        _run(context)
    except MlopsError as error:
        _record_stop(root, pipeline, name, error)
        raise
    except Exception as error:  # what Polars says of a full disk is no OSError
        if (told := refused(error)) is None:
            raise
        _record_stop(root, pipeline, name, told)
        raise told from error
    _record(root, pipeline, StageEnd(stage=name, code=0, cause="", next=""))
    remember(root, pipeline, name, time.monotonic() - started)


def _run(context: StageContext) -> None:
    from pydantic import ValidationError

    try:
        if context.stage in (*STAGES, "score"):
            with uncollected():
                stage = importlib.import_module(f"mlops.stages.{context.stage}")
            stage.run(context)
        else:
            from mlops.operations.processes.own_stage import run_own

            context.say(run_own(context.folder, context.root, context.stage, context.params))
    except ValidationError as error:
        problems = [f"{context.stage}.{slip.key}: {slip.message}" for slip in slips(error)]
        hint = "params.yaml was edited, or compiled by another version: run `mlops compile`"
        raise ConfigurationError("\n".join(problems), hint=hint) from error


def _context(folder: Path, pipeline: str, name: str) -> StageContext:
    path = folder / "params.yaml"
    if not path.is_file():
        hint = "run `mlops compile`, then `dvc repro` or `mlops run NAME`"
        raise ConfigurationError(f"{folder.name}: no `params.yaml` in this folder", hint=hint)
    params = parse(path.read_bytes(), f"pipelines/{pipeline}/params.yaml")
    if not isinstance(params, dict) or name not in params:
        raise ConfigurationError(
            f"pipelines/{pipeline}/params.yaml has no section `{name}`", hint="run `mlops compile`"
        )
    trainer = params.get("train", {}).get("trainer", {})
    pin_numerics(int(trainer.get("threads", 1)), anywhere=trainer.get("reproducible") != "processor")
    _announce(folder.parent.parent, pipeline, name, [key for key in params if key != "tracking"])
    section, told = dict(params[name]), tracking(folder.parent.parent, params.get("tracking"))
    if told is not None and name in ("train", "tune"):  # no other stage logs
        by = source_here(folder.parent.parent, f"mlops run {pipeline}")
        told = replace(told, by=by, data=data_of(folder))
    return StageContext(folder, pipeline, name, section, told)


def _announce(root: Path, pipeline: str, name: str, stages: list[str]) -> None:
    """Say which stage of how many begins, and how long it took the last time; params.yaml has them in running order."""
    if name in stages:
        expected = about(durations(root, pipeline).get(name))
        print(f"{name}: stage {stages.index(name) + 1} of {len(stages)}{expected}", file=sys.stderr, flush=True)


def tracking(root: Path, settings: Mapping[str, str] | None) -> Tracking | None:
    """Find where to log; the environment overrides the project, an empty value turns logging off.

    A file inside the checkout of a job ends with the job: nobody would ever read what was logged there.
    """
    if settings is None:
        return None
    wanted = Tracking(settings["uri"], settings["experiment"])
    fleeting = os.environ.get("GITHUB_ACTIONS") == "true" and within(wanted.uri)
    uri = os.environ.get("MLFLOW_TRACKING_URI", "" if fleeting else wanted.uri)
    return Tracking(absolute(root, uri), wanted.experiment) if uri else None


def _record_stop(root: Path, pipeline: str, stage: str, error: MlopsError) -> None:
    """Note why a stage stopped; on a disk that is full this too may fail, and says nothing new then."""
    with suppress(OSError):
        _record(root, pipeline, StageEnd(stage=stage, code=error.exit_code, cause=error.message, next=error.hint))


def _record(root: Path, name: str, end: StageEnd) -> None:
    end.write(root / ".mlops" / "results" / f"{name}.json")
