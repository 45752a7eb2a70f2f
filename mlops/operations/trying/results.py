"""What came of trials, as they are kept: a document and a table of scores each, by what they are called."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from mlops.diagnostics import suggest
from mlops.documents.data import DataReport
from mlops.documents.split import SplitReport
from mlops.documents.training import TrainingReport
from mlops.documents.trial import Trial
from mlops.errors import ConfigurationError, IntegrityError
from mlops.files.atomic import write_text
from mlops.files.plain_yaml import Values
from mlops.operations.git import commit_of, has_commit
from mlops.operations.language.keys import written
from mlops.operations.trying.folder import trials
from mlops.operations.trying.process import SCORES
from mlops.operations.trying.stages import TRAIN, Recorded, Work, until_train
from mlops.plan.pipeline import PipelinePlan

_ID = re.compile(r"[0-9a-f]{8}\Z")


def find(root: Path, name: str, key: str) -> Trial | None:
    """Read a trial; None where there is none of that name, or it is not whole."""
    if not _ID.match(key):
        return None
    found = Trial.read(trials(root, name) / f"{key}.json")
    return found if found is not None and scores(root, name, key).is_file() else None


def scores(root: Path, name: str, key: str) -> Path:
    """Place what the model of a trial says of the validation rows."""
    return trials(root, name) / f"{key}.parquet"


def known(root: Path, name: str) -> tuple[str, ...]:
    """Name the trials that are kept."""
    return tuple(sorted(path.stem for path in trials(root, name).glob("*.json") if _ID.match(path.stem)))


def keep(root: Path, name: str, work: Work, overrides: Values, folder: Path, prepared: Path, seconds: float) -> Trial:
    """Keep what a trial left in its copy.

    Raises:
        IntegrityError: it left nothing that can be read.
    """
    commit = commit_of(root, "HEAD") if has_commit(root, "HEAD") else None
    found = described(name, work.key, overrides, work.parameters, folder, prepared, commit)
    if found is None:
        raise IntegrityError(f"{name}: the trial {work.key} left no report", hint="try again")
    found = found.model_copy(update={"seconds": round(seconds, 2)})
    place = trials(root, name)
    shutil.copyfile(folder / SCORES, scores(root, name, work.key))
    shutil.copyfile(folder / "reports/history.csv", place / f"{work.key}.csv")
    write_text(place / f"{work.key}.json", found.dumps())
    return found


def described(
    name: str, key: str, overrides: Values, parameters: Values, folder: Path, prepared: Path, commit: str | None
) -> Trial | None:
    """Read the reports of a run up to training; None where one is not there."""
    data = DataReport.read(prepared / "reports/data.json")
    split = SplitReport.read(prepared / "reports/split.json")
    training = TrainingReport.read(folder / "reports/training.json")
    if data is None or split is None or training is None or training.chosen is None:
        return None
    return Trial.model_validate(
        {
            "pipeline": name,
            "id": key,
            "overrides": overrides,
            "parameters": parameters,
            "data": data.source,
            "parts": {part: report for part, report in split.parts.items() if part != "test"},
            "select_by": training.select_by,
            "chosen": training.chosen,
            "candidates": training.candidates,
            "commit": commit,
        }
    )


def recorded_run(root: Path, pipeline: PipelinePlan, recorded: Recorded, keys: Mapping[str, object]) -> Trial | None:
    """See the last run as a trial, with what it had at some keys; None where none is recorded, or a report is another.

    Nothing of its test rows is read.
    """
    locked = {name: recorded.locked[name] for name in until_train(pipeline) if name in recorded.locked}
    reports = ("reports/data.json", "reports/split.json", "reports/training.json")
    outputs = {path: digest for stage in locked.values() for path, digest in stage.outputs.items()}
    if any(outputs.get(path) is None or recorded.digest(path) != outputs[path] for path in reports):
        return None
    parameters = {name: stage.section for name, stage in locked.items()}
    folder = root / pipeline.folder
    groups = {"model": [*parameters[TRAIN].get("candidates", {})]} if "model" in keys else {}
    return described(pipeline.name, "", at(parameters, keys) | groups, parameters, folder, folder, None)


def at(parameters: Values, keys: Mapping[str, object]) -> Values:
    """Find what a run had at keys of the YAML, in the parameters of its stages; what it did not have is left out.

    >>> at({"train": {"candidates": {"mlp": {"lr": 0.1}}}}, {"model.mlp.lr": 1})
    {'model.mlp.lr': 0.1}
    """
    found: Values = {}
    for stage, section in parameters.items():
        for path, value in _nodes(section, (stage,)):
            key = ".".join(map(str, written(path)))
            if key in keys and key not in found:
                found[key] = value
    return found


def _nodes(value: object, path: tuple[str | int, ...]) -> list[tuple[tuple[str | int, ...], object]]:
    """List every value inside one, with its path below a stage."""
    inner = value.items() if isinstance(value, dict) else ()
    below = [node for key, item in inner for node in _nodes(item, (*path, key))]
    return below if len(path) == 1 else [(path, value), *below]


def unknown(root: Path, name: str, key: str) -> ConfigurationError:
    """Say that there is no trial or commit of a name."""
    hint = suggest(key, known(root, name)) or f"mlops try {name} KEY=VALUE makes one"
    return ConfigurationError(f"`{key[:80]}` is no trial of {name}, and no commit", hint=hint)
