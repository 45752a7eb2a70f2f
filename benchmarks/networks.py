"""Compare the speed of training every other network here with a bare torch loop of the same layers.

Batches of 1,024 rows of 20 numbers (images of 1 x 28 x 28 for `cnn`) on one thread, in turns; CPU time decides. The
bare loop slices batches, steps the same fused AdamW and does nothing else. Both multiply by oneDNN under the settings
of a stage: what the same bits everywhere cost is the price that `benchmarks/processors.py` measures. `mlp` without more
is in `benchmarks/train.py`, beside MKL. Exits 1 if a bound is missed, or final weights are not those of the bare loop.

    python benchmarks/networks.py [KIND ...] [--smoke | --write]
"""

from __future__ import annotations

import itertools
import logging
import operator
import os
import statistics
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import command
from benchmarks.result import Row, spread
from benchmarks.train import TOLERANCE, Timed, Weights, gap, ratio, timed
from mlops.blocks.trainer import Trainer
from mlops.ml.training import candidates
from mlops.ml.training.asked import Asked
from mlops.ml.training.batches import Batches
from mlops.ml.training.loop import LightningCandidate
from mlops.ml.training.networks import Network
from mlops.ml.training.problem import Examples, Problem
from mlops.ml.training.randomness import seed_everything
from mlops.ml.training.seeds import derive
from mlops.ml.training.session import Judge, Session
from mlops.ml.user_code.origin import Origin

LIBRARIES = ("numpy", "pytorch-lightning", "torch")
SEED, BATCH, EPOCHS, BOUND = 7, 1_024, 2, 0.90
ROWS, FEWEST, VALIDATION = 32_768, 1_024, 500
FEWER = {"tabm": 4_096, "cnn": 4_096, "resnet": 4_096}  # whose step takes long
REPETITIONS, FEWEST_REPETITIONS = 3, 1
NETWORKS: dict[str, dict[str, Any]] = {
    "mlp, piecewise": {"kind": "mlp", "embed": {"kind": "piecewise"}},
    "mlp, periodic": {"kind": "mlp", "embed": {"kind": "periodic"}},
    "tabm": {"kind": "tabm", "hidden": (256, 256), "members": 8},
    "realmlp": {"kind": "realmlp"},
    "nlinear": {"kind": "nlinear"},
    "dlinear": {"kind": "dlinear"},
    "cnn": {"kind": "cnn", "channels": (8, 16), "hidden": 64},
    "resnet": {"kind": "resnet", "channels": (8, 16), "blocks": 1, "augment": None},
}


def examples(kind: str, rows: int) -> Examples:
    random = np.random.default_rng(SEED)
    shape = (1, 28, 28) if kind in {"cnn", "resnet"} else (20,)
    x = random.standard_normal((rows + VALIDATION, *shape), dtype=np.float32)
    y = (x.reshape(len(x), -1)[:, :5].sum(axis=1) > 0).astype(np.int64)
    return Examples(x[:rows], y[:rows], x[rows:], y[rows:])


class Bare:
    """A loop over batches, and nothing else."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self.asked = asked

    def __call__(self, data: Examples, batch: int, _: Path) -> Weights:
        """Train from the same first weights, on the same course of learning rates."""
        seed_everything(derive(SEED, "weights"))
        network = made(self.asked, data, batch)
        x, y = torch.from_numpy(data.train_x), network.targets(torch.from_numpy(data.train_y))
        optimizer = network.configure_optimizers()
        orders, steps = Batches(x, y, size=batch, seed=SEED), iter(range(EPOCHS * len(x)))
        for epoch in range(EPOCHS):
            orders.set_epoch(epoch)
            seed_everything(derive(SEED, "epoch", epoch))
            for rows in orders.order().split(batch):
                loss = network.loss(network.body(x[rows]), y[rows])
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                network.before_step(optimizer, next(steps) / (EPOCHS * -(-len(x) // batch)))
                optimizer.step()
        return learnt(network)


class Ours:
    """The training of a stage: judged each epoch, checkpoints on."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self.asked = asked

    def __call__(self, data: Examples, batch: int, folder: Path) -> Weights:
        """Train."""
        later = itertools.count()
        judge = Judge("epoch", True, lambda _y, _score: float(next(later)))
        session = Session("net", SEED, judge, options(batch), folder / "checkpoints")
        fitted: Any = candidate(self.asked, data).fit(data, session)
        return learnt(fitted.scores.network)


def learnt(network: Network) -> Weights:
    """Give what training moves; what was measured on the rows before is no weight."""
    return {name: value.detach() for name, value in network.named_parameters()}


def options(batch: int) -> Trainer:
    return Trainer(max_epochs=EPOCHS, batch_size=batch, patience=None)


def candidate(asked: dict[str, Any], data: Examples) -> Any:
    return candidates.build("net", Asked(**asked), Problem.of("binary", data), Origin(Path(), ""))


def made(asked: dict[str, Any], data: Examples, batch: int) -> Network:
    """Make the network that a candidate trains, and train it not."""
    session = Session("net", SEED, Judge("none", True, lambda *_: 0.0), options(batch))
    whole = candidate(asked, data)
    network = (whole if isinstance(whole, LightningCandidate) else whole.lightning(data)).build(session)
    assert isinstance(network, Network)
    return network


def compare(name: str, rows: int, repetitions: int) -> tuple[Row, bool]:
    """Run both in turns, print a line, and say whether they ended with the same weights."""
    asked = NETWORKS[name]
    data = examples(asked["kind"], min(rows, FEWER.get(asked["kind"], rows)))
    runs = {Bare: list[Timed](), Ours: list[Timed]()}
    for repetition in range(repetitions):
        for each in (Bare, Ours)[:: 1 if repetition % 2 else -1]:
            runs[each].append(timed(each(asked), data, BATCH))
    found = ratio(runs[Bare], runs[Ours], operator.attrgetter("cpu"))
    rates = [EPOCHS / run.cpu for run in runs[Ours]]
    widest = max(gap(a.weights, b.weights) for a, b in zip(runs[Bare], runs[Ours], strict=True))
    verdict = "ok" if found >= BOUND and widest <= TOLERANCE else "MISSED"
    print(f"{name:<20}{found:>6.2f}x  at least {BOUND:.2f}x, weights within {widest:.1e}  {verdict}", flush=True)
    row = Row(
        name=f"{name}, batches of {BATCH:,}, beside a bare torch loop",
        ours=statistics.median(rates),
        peer=statistics.median(EPOCHS / run.cpu for run in runs[Bare]),
        ratio=found,
        unit="epochs/s of CPU",
        n=len(rates),
        spread=spread(rates),
        bound=f"at least {BOUND:.2f}",
        holds=found >= BOUND,
    )
    return row, widest <= TOLERANCE


def main() -> int:
    parser = command.parser(__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", default=list(NETWORKS))
    asked = parser.parse_args()
    measuring = command.begin(__file__, LIBRARIES, asked)
    os.environ["ONEDNN_MAX_CPU_ISA"] = "AVX2"  # as in a stage; read when the first product is made
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    rows, repetitions = (FEWEST, FEWEST_REPETITIONS) if asked.smoke else (ROWS, REPETITIONS)
    with tempfile.TemporaryDirectory() as folder:
        few = examples("mlp", FEWEST)
        Ours(NETWORKS["mlp, periodic"])(few, BATCH, Path(folder))  # imports and caches are not what is measured
    found = [compare(name, rows, repetitions) for name in asked.kinds]
    return measuring.end([row for row, _ in found], wrong=not all(equal for _, equal in found))


if __name__ == "__main__":
    sys.exit(main())
