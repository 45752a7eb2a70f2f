"""AutoGluon, as its page begins for the most accurate models: `TabularPredictor.fit` with `best_quality`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from autogluon.tabular import TabularPredictor
from protocol import Asked, run

CORES, PRESET = 2, "best_quality"


def _read(path: Path, asked: Asked) -> pd.DataFrame:
    return pd.read_csv(path, dtype={asked.target: str} if asked.task != "regression" else None)


def fit(folder: Path, asked: Asked) -> None:
    metric = "root_mean_squared_error" if asked.task == "regression" else "log_loss"
    model = TabularPredictor(
        asked.target, problem_type=asked.task, eval_metric=metric, path=str(folder / "left"), verbosity=0
    )
    model.fit(_read(folder / "train.csv", asked), time_limit=asked.seconds, presets=PRESET, num_cpus=CORES, num_gpus=0)


def ask(folder: Path, asked: Asked) -> tuple[Any, pd.DataFrame]:
    model, rows = TabularPredictor.load(str(folder / "left")), _read(folder / "test.csv", asked)

    def answer(some: pd.DataFrame) -> pd.DataFrame:
        if asked.task == "regression":
            return pd.DataFrame({"y": model.predict(some).to_numpy()})
        return model.predict_proba(some).reset_index(drop=True)

    return answer, rows


if __name__ == "__main__":
    run(fit, ask)
