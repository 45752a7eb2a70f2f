"""Two nodes of Ray on this machine, and what is trained and searched on them with a worker that is killed: a program.

`python -m tests.builders.two_nodes FOLDER` leaves what came of it here and there in FOLDER, and prints JSON.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops.operations.processes.numerics import pin_numerics

pin_numerics(1)  # before anything is imported that computes, as a stage does

from mlops.blocks.trainer import Trainer  # noqa: E402
from mlops.ml.training.asked import Asked  # noqa: E402
from mlops.stages import tune  # noqa: E402
from mlops.stages.context import StageContext  # noqa: E402
from mlops.stages.ray_cluster import connected  # noqa: E402
from mlops.stages.scoring import Learning, Scoring  # noqa: E402
from tests.builders.searched import tune_params  # noqa: E402
from tests.builders.training import binary, write_features  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlops.ml.training.session import Fitted

DATA = binary(128)
OWN = '''
import os, signal
from pathlib import Path

import pytorch_lightning as pl
import torch
from torch import nn


class Mortal(pl.LightningModule):
    """A network one of whose processes is killed, once, in the epoch that is told: the last of them."""

    def __init__(self, epoch=0, lr=0.1):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Dropout(0.1), nn.Linear(8, 2))
        self.epoch, self.lr = epoch, lr

    def forward(self, x):
        return self.layers(x)

    def training_step(self, batch, _):
        return nn.functional.cross_entropy(self(batch[0]), batch[1])

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.lr, momentum=0.9)

    def on_train_epoch_start(self):
        marker = Path(__file__).with_name("killed")
        last = self.global_rank == self.trainer.world_size - 1
        if last and self.current_epoch == self.epoch and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
'''
TRAINER: dict[str, Any] = {"max_epochs": 3, "batch_size": 32, "patience": None}
CANDIDATES = {"own": {"kind": "pipelines.churn.mortal:Mortal", "epoch": 2}}
NODE = {"num_cpus": 1, "include_dashboard": False, "no_monitor": True, "object_store_memory": 80_000_000}
SEARCHED: dict[str, Any] = {
    "candidates": {"own": {"kind": "pipelines.churn.mortal:Mortal"}},
    "trials": {"own": 3},
    "space": {"own": {"lr": {"low": 0.01, "high": 1.0, "log": True}}},
    "pruner": "none",
    "parallel": 2,
}


@contextmanager
def two_nodes() -> Iterator[None]:
    """Begin two nodes of one processor each, and end them."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args=NODE)
    try:
        cluster.add_node(**NODE)
        os.environ["RAY_ADDRESS"] = cluster.address
        yield
    finally:
        cluster.shutdown()


def laid_out(root: Path, *, mortal: bool) -> StageContext:
    """Lay out a pipeline's folder up to its features; nobody is killed who is not `mortal`."""
    context = write_features(root, DATA)
    context.path("mortal.py").write_text(OWN, encoding="utf-8")
    if not mortal:
        context.path("killed").touch()
    return context


def trained(root: Path, engine: str) -> tuple[Fitted, list[int]]:
    """Train by two processes, the second of which is killed on Ray; give the epochs that were told, too."""
    context = laid_out(root, mortal=engine == "ray")
    section = {"task": "binary", "select_by": "auroc", "pipeline": "churn", "candidates": CANDIDATES}
    section |= {"trainer": {**TRAINER, "devices": 2, "engine": engine}}
    found, seen = Scoring.read(context, Learning.model_validate(section)), list[int]()
    session = found.session("own", lambda epoch: seen.append(epoch.number), root / "checkpoints")
    return found.build("own", Asked.model_validate(CANDIDATES["own"])).fit(DATA, session), seen


def searched(root: Path, engine: str, parallel: int) -> bytes:
    """Search on Ray, where a worker is killed in a trial, or here; give the report."""
    context = laid_out(root, mortal=engine == "ray")
    section = tune_params(**{**SEARCHED, "trainer": {**TRAINER, "engine": engine}, "parallel": parallel})
    tune.run(StageContext(context.folder, "churn", "tune", section))
    return context.path("reports/tuning.json").read_bytes()


def killed(root: Path) -> bool:
    """Say whether somebody was."""
    return (root / "pipelines/churn/killed").exists()


def main(root: Path) -> None:
    """Do both on Ray and here."""
    here, _ = trained(root / "here", "local")
    found = searched(root / "searched-here", "local", 1)
    with two_nodes(), connected(Trainer(), 2):  # one driver for all that follows
        away, seen = trained(root / "away", "ray")
        said = searched(root / "searched-away", "ray", 2)
    same = away.predict(DATA.validation_x).tobytes() == here.predict(DATA.validation_x).tobytes()
    of_training = {"killed": killed(root / "away"), "predictions": same, "history": away.history == here.history}
    of_search = {"killed": killed(root / "searched-away"), "report": said == found}
    print(json.dumps({"trained": {**of_training, "epochs": seen}, "searched": of_search}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
