"""A smoke run: every stage of a pipeline on a little data, in a folder of its own, without DVC."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import IO

import yaml

from mlops.documents.stage_end import StageEnd
from mlops.files.atomic import write_text, writing
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


def smoke(root: Path, pipeline: PipelinePlan, printed: IO[bytes] | None = None) -> Verdict:
    """Run all stages but packaging on at most `ROWS` rows and a few epochs; nothing committed is touched.

    Stages print into `printed`, or where this process prints.

    Raises:
        StageFailed: a stage stopped.
    """
    scratch = root / ".mlops" / "smoke"
    folder = scratch / "pipelines" / pipeline.name
    if folder.exists():
        shutil.rmtree(folder)
    source = root / pipeline.folder
    folder.mkdir(parents=True)
    for file in source.iterdir():
        if file.is_file() and file.suffix == ".py":
            shutil.copy(file, folder)
    read = given(pipeline)
    own = {path for stage in pipeline.stages if stage.name not in STAGES for path in read[stage.name]}
    for path in {*read["ingest"], *own}:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        copy = partial(shutil.copytree, dirs_exist_ok=True) if (source / path).is_dir() else shutil.copy
        copy(source / path, folder / path)
    write_text(folder / "params.yaml", yaml.safe_dump(_little(pipeline), sort_keys=False, allow_unicode=True))
    _run(folder, "ingest", printed=printed)
    _shrink(folder / "artifacts" / "raw.parquet", _stratum(pipeline), ordered=pipeline.task == "forecasting")
    making = [stage.name for stage in pipeline.stages if stage.name not in STAGES]
    for name in making:
        _run(folder, name, own=True, printed=printed)
    rest = (each.name for each in pipeline.stages if each.name not in ("ingest", "package", *making))
    _run(folder, *rest, printed=printed)
    return read_verdict(scratch, pipeline.name)


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
    return {
        **{stage.name: stage.section for stage in pipeline.stages},
        **({} if tune is None else {"tune": _few_trials(tune, _EPOCHS)}),
        "train": {**train, "trainer": {**trainer, "max_epochs": min(_EPOCHS, trainer["max_epochs"])}},
        "validate": {**validate, "rows": {"at_least": 1, "at_most": None}},
    }


def _few_trials(tune: Values, epochs: int) -> Values:
    trainer = {**tune["trainer"], "max_epochs": min(epochs, tune["trainer"]["max_epochs"])}
    trials = {name: min(_TRIALS, count) for name, count in tune["trials"].items()}
    return {**tune, "trainer": trainer, "trials": trials, "parallel": 1}


def _stratum(pipeline: PipelinePlan) -> str | None:
    """Name the column whose every value must stay in a sample: the target, where it has classes."""
    return None if pipeline.task == "regression" else str(pipeline.stage("validate").section["target"])


def _shrink(path: Path, stratum: str | None, *, ordered: bool = False) -> None:
    """Keep a random sample of the rows, in their order; every class keeps at least `_CLASS` rows.

    Of `ordered` rows the last ones are kept: a forecast looks at those before, which a sample has not.
    """
    import polars

    frame = polars.read_parquet(path)
    if frame.height <= ROWS:
        return
    if ordered:
        sample = frame.tail(ROWS)
    elif stratum in frame.columns:
        shuffled = frame.sample(fraction=1.0, shuffle=True, seed=0)
        rank = polars.int_range(polars.len()).over(stratum)
        share = polars.len().over(stratum) * (ROWS / frame.height)
        sample = shuffled.filter(rank < polars.max_horizontal(share, polars.lit(_CLASS)))
    else:
        sample = frame.sample(ROWS, seed=0)
    with writing(path) as temporary:
        sample.sort("__row__").write_parquet(temporary)
