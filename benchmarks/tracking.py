"""What it costs a candidate to be tracked: its parameters, data and 100 epochs, by us and by MLflow's own calls.

Both log the same into an SQLite file that holds other runs already, in one process that has imported MLflow and logged
before: importing it takes a stage of training some 2 s, once, and is told apart. Ours may take 0.3 s.

    python benchmarks/tracking.py [--turns N] [--smoke | --write]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from benchmarks import command
from benchmarks.result import Row, spread
from mlops.files.tracked import Data, Source
from mlops.ml.training.tracking import Run, input_of
from tests.builders.stores import make_store

LIBRARIES = ("mlflow", "sqlalchemy")
BOUND = 0.3
BY = Source("mlops run churn", "ada", "c" * 40)
DATA = Data("churn", "sha256:" + "d" * 64, "data/churn.csv", 10_000, tuple((f"c{at}", "float") for at in range(30)))
PARAMETERS = {f"parameter_{at}": at for at in range(30)}


def main() -> int:
    """Let both take turns, and say whether ours is within its bound."""
    parser = command.parser(__doc__)
    parser.add_argument("--turns", type=int, default=9)
    asked = parser.parse_args()
    measuring = command.begin(__file__, LIBRARIES, asked)
    turns, epochs = (1, 3) if asked.smoke else (asked.turns, 100)
    importing = _timed(lambda _: __import__("mlflow").MlflowClient, 0)
    with tempfile.TemporaryDirectory() as folder:
        uri = make_store(Path(folder) / "mlflow.db")
        parent = Run(uri, "churn", name="churn", key="all", tags=BY.tags, data=DATA)
        ours: list[float] = []
        theirs: list[float] = []
        for turn in range(-1, turns):  # the first, which warms up both, does not count
            took = [
                _timed(lambda at: _log(uri, parent, epochs, at), turn),
                _timed(lambda at: _log_by_mlflow(uri, epochs, at), turn),
            ]
            if turn >= 0:
                ours.append(took[0])
                theirs.append(took[1])
    mine, peer = statistics.median(ours), statistics.median(theirs)
    print(
        f"a candidate of {epochs} epochs: {mine:.3f} s, by MLflow's calls {peer:.3f} s; importing it {importing:.1f} s"
    )
    figures = {"ours": mine, "peer": peer, "ratio": mine / peer, "n": turns, "spread": spread(ours)}
    bounded = {"bound": f"ours at most {BOUND:g} s", "holds": mine <= BOUND}
    return measuring.end(
        [
            Row(name=f"a candidate of {epochs} epochs", unit="s", **figures, **bounded),
            Row(name="importing MLflow, once", ours=importing, unit="s", n=1),
        ]
    )


def _timed(act: Callable[[int], object], turn: int) -> float:
    started = time.perf_counter()
    act(turn)
    return time.perf_counter() - started


def _log(uri: str, parent: Run, epochs: int, turn: int) -> None:
    run = Run(uri, "churn", name="churn/mlp", key=f"mlp {turn}", tags=BY.tags, data=DATA, parent=parent)
    run.parameters(PARAMETERS)
    for epoch in range(1, epochs + 1):
        run.log({"train_loss": 1 / epoch, "validation_loss": 1 / epoch, "validation_auroc": 0.9}, epoch)
    run.finish({f"validation/metric_{at}": 0.5 for at in range(15)})
    assert run.id, "what failed was quick"


def _log_by_mlflow(uri: str, epochs: int, turn: int) -> None:
    """Do the same as whoever follows MLflow's pages would: a call for each epoch."""
    import mlflow

    mlflow.set_tracking_uri(uri)
    mlflow.set_experiment("peer")
    with mlflow.start_run(run_name=f"mlp {turn}", tags=BY.tags):
        mlflow.log_params(PARAMETERS)
        mlflow.MlflowClient().log_inputs(mlflow.active_run().info.run_id, [input_of(DATA, "training")])
        for epoch in range(1, epochs + 1):
            mlflow.log_metrics({"train/loss": 1 / epoch, "validation/loss": 1 / epoch, "validation/auroc": 0.9}, epoch)
        mlflow.log_metrics({f"validation/metric_{at}": 0.5 for at in range(15)})


if __name__ == "__main__":
    sys.exit(main())
