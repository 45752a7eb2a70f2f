"""What `mlops new --auto` writes, and its stages up to the bundle; the bundle is what is left."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from protocol import Asked, run

from mlops.bundle.predictor import Predictor

NAME = "table"
STAGES = ("ingest", "validate", "split", "features", "tune", "train", "bundle")
SEARCHED = 0.4
"""Of the time; what was found is then trained again, together and as members of an ensemble."""
TRIALS = 1000
"""More than there is time for: a contestant is given minutes, and stops by them alone."""
_METRICS = {"regression": "rmse"}
_SHARES = "fractions: {train: 0.8, validation: 0.18, test: 0.02}"
"""Nobody else holds rows back for gates; few are held back here where there are no folds."""
_CONFIGURATION = {"project": "name: learning\nci: {kind: none}\n", "policy": 'owners: ["@me"]\n'}
_NULLS = ("", "NA", "null")


def _mlops(root: Path, *typed: str) -> None:
    subprocess.run([sys.executable, "-m", "mlops", *typed], cwd=root, check=True)


def fit(folder: Path, asked: Asked) -> None:
    root, metric = folder / "repository", _METRICS.get(asked.task, "log_loss")
    (root / "conf").mkdir(parents=True)
    for name, said in _CONFIGURATION.items():
        (root / "conf" / f"{name}.yaml").write_text(said)
    asking = ("--target", asked.target, "--task", asked.task, "--auto", "--no-run")
    _mlops(root, "new", NAME, "--data", str(folder / "train.csv"), *asking)
    written = root / f"conf/pipeline/{NAME}.yaml"
    text = written.read_text().replace("auto: {", f"auto: {{minutes: {SEARCHED * asked.seconds / 60:.4g}, ")
    text = re.sub(r"trials: \d+", f"trials: {TRIALS}", text)
    if asked.kinds:
        text = re.sub(r"(auto: \{[^[}]*?)(, kinds: \[.*\])?\}\n", rf"\1, kinds: [{', '.join(asked.kinds)}]}}\n", text)
    if "folds:" not in text:
        text = text.replace("split: {by:", f"split: {{{_SHARES}, by:")
    written.write_text(f"{text}select_by: {metric}\nseed: {asked.seed}\n")
    _mlops(root, "compile")
    place = root / "pipelines" / NAME
    _mlops(place, "stage", *STAGES)
    shutil.copytree(place / "artifacts/bundle", folder / "left")


def ask(folder: Path, asked: Asked) -> tuple[Any, list[dict[str, Any]]]:
    predictor = Predictor.open(folder / "left")
    reads = {column.name: _reader(column.type) for column in predictor.transform.recipe.columns}
    with (folder / "test.csv").open(newline="") as file:
        rows = [{name: _value(row[name], read) for name, read in reads.items()} for row in csv.DictReader(file)]

    def answer(some: list[dict[str, Any]]) -> pd.DataFrame:
        found = predictor.predict_rows(some)
        if asked.task == "regression":
            return pd.DataFrame({"y": found})
        names = _spelt(folder, asked.target, predictor.classes or ())
        return pd.DataFrame(dict(zip(names, (1 - found, found) if found.ndim == 1 else found.T, strict=True)))

    return answer, rows


def _spelt(folder: Path, target: str, classes: Sequence[Any]) -> list[str]:
    """Give classes as the table spells them: `No` and `Yes` are read as what they mean, and sort as that does."""
    if list(classes) != [False, True]:
        return [str(each) for each in classes]
    with (folder / "train.csv").open(newline="") as file:
        return sorted({row[target] for row in csv.DictReader(file)})


def _reader(kind: str) -> Callable[[str], Any]:
    readers: dict[str, Callable[[str], Any]] = {
        "int": lambda text: round(float(text)),  # whole numbers are written with a point where others are missing
        "float": float,
        "bool": lambda text: text == "true",
    }
    return readers.get(kind, str)


def _value(text: str, read: Callable[[str], Any]) -> Any:
    return None if text in _NULLS else read(text)


if __name__ == "__main__":
    run(fit, ask)
