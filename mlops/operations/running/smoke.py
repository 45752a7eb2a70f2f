"""A smoke run: every stage of a pipeline on a little data, in a folder of its own, without DVC."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import IO

import yaml

from mlops.documents.stage_end import StageEnd
from mlops.files.atomic import write_text
from mlops.files.plain_yaml import Values
from mlops.operations.external_inputs import given
from mlops.operations.processes.child import Child
from mlops.operations.processes.ending import RUNNER, interruptible
from mlops.operations.processes.reproducing import result_of
from mlops.operations.running.run import StageFailed
from mlops.operations.verdicts.gate import Verdict, read_verdict
from mlops.plan.pipeline import PipelinePlan
from mlops.stages.declare.order import STAGES

ROWS = 2_000
_EPOCHS = 3
_TRIALS = 2  # of each candidate that is searched: what the YAML says, and one more
_CLASS = 30  # rows that a class keeps, so that each part of a split has some


def smoke(root: Path, pipeline: PipelinePlan, printed: IO[bytes] | None = None, *, here: bool = False) -> Verdict:
    """Run all stages but packaging on at most `ROWS` rows and a few epochs; nothing committed is touched.

    Stages print into `printed`, or where this process prints. They run in this process where it says `here`, which has
    imported most of what they import, and where none of the code is the pipeline's own; else in processes of theirs.

    Raises:
        StageFailed: a stage stopped.
        MlopsError: a stage stopped in this process.
    """
    scratch = root / ".mlops" / "smoke"
    folder = scratch / "pipelines" / pipeline.name
    if folder.exists():
        shutil.rmtree(folder)
    source = root / pipeline.folder
    folder.mkdir(parents=True)
    code = [file for file in source.iterdir() if file.is_file() and file.suffix == ".py"]
    for file in code:
        shutil.copy(file, folder)
    read = given(pipeline)
    own = {path for stage in pipeline.stages if stage.name not in STAGES for path in read[stage.name]}
    for path in {*read["ingest"], *own}:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        copy = partial(shutil.copytree, dirs_exist_ok=True) if (source / path).is_dir() else shutil.copy
        copy(source / path, folder / path)
    write_text(folder / "params.yaml", yaml.safe_dump(_little(pipeline), sort_keys=False, allow_unicode=True))
    names = [each.name for each in pipeline.stages if each.name != "package"]
    making = [name for name in names if name not in STAGES]
    if here and not code and not making:
        _run_here(folder, names, printed)
    elif not making:
        _run(folder, *names, printed=printed)
    else:
        _run(folder, "ingest", printed=printed)
        for name in making:
            _run(folder, name, own=True, printed=printed)
        _run(folder, *(name for name in names if name not in ("ingest", *making)), printed=printed)
    return read_verdict(scratch, pipeline.name)


def _run_here(folder: Path, names: Sequence[str], printed: IO[bytes] | None) -> None:
    from mlops.operations.processes.stage import run_stage  # what runs stages imports Polars

    with ExitStack() as stack:
        if printed is not None and printed is not sys.stderr.buffer:
            text = TextIOWrapper(printed, encoding="utf-8", write_through=True)
            stack.callback(text.detach)
            stack.enter_context(redirect_stderr(text))
        if printed is not None:  # as a process of their own would have it: what a library prints is no result
            stack.enter_context(redirect_stdout(sys.stderr))
        for name in names:
            run_stage(folder, name)


def _run(folder: Path, *stages: str, printed: IO[bytes] | None, own: bool = False) -> None:
    """Run stages one after the other in one process: on so little data, most of the time goes into imports."""
    result = result_of(folder.parent.parent, folder.name)
    result.unlink(missing_ok=True)
    environment = {**os.environ, RUNNER: "yes"}
    command = [sys.executable, "-m", "mlops", "stage", *(["--own"] if own else []), *stages]
    with interruptible(), Child(command, folder, printed=printed, environment=environment) as child:
        code = child.wait()
    if code:
        raise StageFailed(f"{folder.name}: {stopped(stages, result)} stopped", code=code, hint="")


def stopped(stages: Sequence[str], result: Path) -> str:
    """Name the stage that stopped: the one that said so, or the one after the last that ended well.

    `result` is what the last stage said of its end; a stage that was killed, or has a defect, says nothing.
    """
    last = StageEnd.read(result)
    if last is None:
        return stages[0]
    return last.stage if last.code else [*stages, stages[-1]][stages.index(last.stage) + 1]


def _little(pipeline: PipelinePlan) -> dict[str, Values]:
    train, validate = (pipeline.stage(name).section for name in ("train", "validate"))
    trainer = train["trainer"]
    tune = next((stage.section for stage in pipeline.stages if stage.name == "tune"), None)
    ingest = next(stage.section for stage in pipeline.stages if stage.name == "ingest")
    return {
        **{stage.name: stage.section for stage in pipeline.stages},
        "ingest": {**ingest, "extract": _extract(pipeline)},
        **({} if tune is None else {"tune": _few_trials(tune, _EPOCHS)}),
        "train": {**train, "trainer": {**trainer, "max_epochs": min(_EPOCHS, trainer["max_epochs"])}},
        "validate": {**validate, "rows": {"at_least": 1, "at_most": None}},
    }


def _few_trials(tune: Values, epochs: int) -> Values:
    trainer = {**tune["trainer"], "max_epochs": min(epochs, tune["trainer"]["max_epochs"])}
    trials = {name: min(_TRIALS, count) for name, count in tune["trials"].items()}
    return {**tune, "trainer": trainer, "trials": trials, "parallel": 1}


def _extract(pipeline: PipelinePlan) -> Values:
    """Choose the rows that are kept: of classes some of each, which every part of a split is to have."""
    if pipeline.task == "forecasting":
        return {"rows": ROWS, "ordered": True}
    if pipeline.task == "regression":
        return {"rows": ROWS}
    return {"rows": ROWS, "stratum": str(pipeline.stage("validate").section["target"]), "least": _CLASS}
