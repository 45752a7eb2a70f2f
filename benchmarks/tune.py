"""A search for parameters by the stage `tune` against bare Optuna that fits and scores the same estimators.

Each trial is a random forest of about two seconds on one thread. Both sides try the same list: ours draws it, and bare
Optuna, with its journal file, is handed it. Runs take turns; CPU time decides. Exits 1 if the bound is missed, or a
score is not that of the bare side.

    python benchmarks/tune.py [--smoke | --write]
"""

from __future__ import annotations

import contextlib
import io
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import command
from benchmarks.result import Row, spread
from mlops.documents.tuning import TuningReport
from mlops.ml.training.problem import Examples
from mlops.ml.training.seeds import derive
from mlops.stages import tune
from mlops.stages.context import StageContext

LIBRARIES = ("numpy", "optuna", "scikit-learn")
ROWS, COLUMNS, TREES, SEED, BOUND = 12_000, 20, 60, 0, 1.10
TRIALS, REPETITIONS = 6, 5
FEWEST_ROWS, FEWEST_TRIALS, FEWEST_REPETITIONS = 300, 3, 1
SPACE: dict[str, Any] = {"min_leaf": {"low": 5, "high": 20}, "features": {"low": 0.4, "high": 0.6}}
FOREST = {"kind": "random_forest", "trees": TREES, "depth": None}


@dataclass(frozen=True)
class Searched:
    """One search: seconds of processor, and the score of each trial."""

    cpu: float
    scores: tuple[float, ...]


def examples(rows: int) -> Examples:
    random = np.random.default_rng(SEED)
    x = random.standard_normal((2 * rows, COLUMNS), dtype=np.float32)
    y = (x[:, :5].sum(axis=1) + 2 * random.standard_normal(len(x)) > 0).astype(np.int64)
    return Examples(x[:rows], y[:rows], x[rows:], y[rows:])


def context(folder: Path, data: Examples, trials: int) -> StageContext:
    """Lay out what the stage reads, and say what it is asked."""
    place = folder / "pipelines" / "bench"
    features = place / "artifacts" / "features"
    features.mkdir(parents=True)
    (place / "reports").mkdir()
    for name in ("train_x", "train_y", "validation_x", "validation_y"):
        np.save(features / f"{name}.npy", getattr(data, name), allow_pickle=False)
    asked = {
        "pipeline": "bench",
        "task": "binary",
        "seed": SEED,
        "select_by": "auroc",
        "candidates": {"forest": FOREST},
        "trials": {"forest": trials},
        "sampler": "random",
        "pruner": "none",
        "space": {"forest": SPACE},
    }
    return StageContext(place, "bench", "tune", asked)


def ours(data: Examples, trials: int) -> tuple[Searched, TuningReport]:
    """Search as `mlops stage tune` does."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        stage = context(Path(folder), data, trials)
        cpu = time.process_time()
        tune.run(stage)
        cpu = time.process_time() - cpu
        report = TuningReport.read(stage.path("reports/tuning.json"))
    assert report is not None
    return Searched(cpu, tuple(float(trial.score or 0) for trial in report.trials)), report


def bare(data: Examples, report: TuningReport) -> Searched:
    """Try the list of a report by Optuna alone, with its journal file."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    seed = derive(derive(SEED, "forest"), "random_state")

    def objective(trial: optuna.Trial) -> float:
        leaf = trial.suggest_int("min_leaf", 1, 20)
        share = trial.suggest_float("features", 0.4, 0.6)
        forest = RandomForestClassifier(
            n_estimators=TREES, max_depth=None, min_samples_leaf=leaf, max_features=share, random_state=seed, n_jobs=1
        )
        forest.fit(data.train_x, data.train_y)
        return float(roc_auc_score(data.validation_y, forest.predict_proba(data.validation_x)[:, 1]))

    with tempfile.TemporaryDirectory() as folder:
        cpu = time.process_time()
        storage = JournalStorage(JournalFileBackend(str(Path(folder) / "journal.log")))
        study = optuna.create_study(storage=storage, direction="maximize", sampler=optuna.samplers.RandomSampler())
        for trial in report.trials:
            study.enqueue_trial({"min_leaf": 10, "features": 0.5, **trial.parameters})
        study.optimize(objective, n_trials=len(report.trials))
        cpu = time.process_time() - cpu
        return Searched(cpu, tuple(float(trial.value or 0) for trial in study.trials))


def main() -> int:
    asked = command.parser(__doc__).parse_args()
    measuring = command.begin(__file__, LIBRARIES, asked)
    rows, trials = (FEWEST_ROWS, FEWEST_TRIALS) if asked.smoke else (ROWS, TRIALS)
    data, repetitions = examples(rows), FEWEST_REPETITIONS if asked.smoke else REPETITIONS
    _, report = ours(examples(FEWEST_ROWS), 2)  # imports and caches are not what is measured
    bare(examples(FEWEST_ROWS), report)
    mine: list[Searched] = []
    others: list[Searched] = []
    for _ in range(repetitions):
        found, report = ours(data, trials)
        mine.append(found)
        others.append(bare(data, report))
    ratio = statistics.median(one.cpu / other.cpu for one, other in zip(mine, others, strict=True))
    each, its = (statistics.median(run.cpu for run in runs) / trials for runs in (mine, others))
    print(f"a trial: mlops {each:.3f} s, bare Optuna {its:.3f} s of CPU: {ratio:.3f}x, at most {BOUND:.2f}x")
    gap = max(
        abs(a - b)
        for one, other in zip(mine, others, strict=True)
        for a, b in zip(one.scores, other.scores, strict=True)
    )
    print(f"widest difference of a score: {gap:.1e}")
    row = Row(
        name=f"a search of {trials} trials",
        ours=each,
        peer=its,
        ratio=ratio,
        unit="s of CPU a trial",
        n=repetitions,
        spread=spread([run.cpu for run in mine]),
        bound=f"at most {BOUND:.2f}",
        holds=ratio <= BOUND,
    )
    return measuring.end([row], wrong=gap > 1e-6)


if __name__ == "__main__":
    sys.exit(main())
