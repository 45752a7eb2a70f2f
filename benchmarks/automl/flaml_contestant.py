"""FLAML, as its page begins: `AutoML().fit` with a budget of time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import pandas as pd
from protocol import Asked, run

CORES = 2


def _read(path: Path, asked: Asked) -> pd.DataFrame:
    rows = pd.read_csv(path, dtype={asked.target: str} if asked.task != "regression" else None)
    return rows.astype({name: "category" for name in rows.select_dtypes(["object", "string"]) if name != asked.target})


def fit(folder: Path, asked: Asked) -> None:
    from flaml import AutoML

    rows, model = _read(folder / "train.csv", asked), AutoML()
    model.fit(
        rows.drop(columns=asked.target),
        rows[asked.target],
        task="regression" if asked.task == "regression" else "classification",
        metric="rmse" if asked.task == "regression" else "log_loss",
        time_budget=asked.seconds,
        seed=asked.seed,
        n_jobs=CORES,
        verbose=0,
    )
    (folder / "left").mkdir()
    joblib.dump(model, folder / "left/model.joblib")


def ask(folder: Path, asked: Asked) -> tuple[Any, pd.DataFrame]:
    model, rows = joblib.load(folder / "left/model.joblib"), _read(folder / "test.csv", asked)

    def answer(some: pd.DataFrame) -> pd.DataFrame:
        if asked.task == "regression":
            return pd.DataFrame({"y": model.predict(some)})
        return pd.DataFrame(model.predict_proba(some), columns=model.classes_)

    return answer, rows


if __name__ == "__main__":
    run(fit, ask)
