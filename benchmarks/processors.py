"""Compare every file that a pipeline of each kind writes, here and on an emulated processor; and what that costs.

    python benchmarks/processors.py [PROCESSOR ...] [--smoke | --write]

It needs qemu-x86_64 (package qemu-user), but for `--smoke`, which runs one pipeline twice on this processor: emulated,
imports alone take a minute. It prints two tables: for each pipeline, whether the files of all its stages are equal; for
each kind, the price: CPU time of training under the settings of a stage against training with the products of torch
itself and no settings, in turns, each in a fresh process. Exits 1 where a file differs.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import command  # noqa: E402
from benchmarks.probe_pipelines import KINDS, PIPELINES, make  # noqa: E402
from benchmarks.result import Row, spread  # noqa: E402

LIBRARIES = ("numpy", "onnxruntime", "scikit-learn", "torch")
EMULATED = ("Haswell", "EPYC")
TURNS = 5
SIZES = {
    "catboost": 20_000,
    "cnn": 3_000,
    "gradient_boosting": 4_000,
    "lightgbm": 20_000,
    "linear": 40_000,
    "mlp": 50_000,
    "dlinear": 50_000,
    "nlinear": 50_000,
    "random_forest": 6_000,
    "realmlp": 8_000,
    "resnet": 2_000,
    "tabm": 4_000,
    "xgboost": 20_000,
}
FEW = {
    "catboost": {"trees": 40},
    "mlp": {"hidden": (256, 256)},
    "gradient_boosting": {"trees": 40},
    "lightgbm": {"trees": 40},
    "random_forest": {"trees": 30},
    "tabm": {"hidden": (256,), "members": 8},
    "xgboost": {"trees": 40},
}

Digests = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Sizes:
    """Which pipelines run, what runs them elsewhere by processor, how many rows a kind trains on, and how often."""

    pipelines: tuple[str, ...]
    processors: Mapping[str, tuple[str, ...]]
    rows: Mapping[str, int]
    turns: int


SMALLEST = Sizes(("linear_regression",), {"this one": ()}, {"linear": 500}, 1)


def main() -> int:
    """Print both tables."""
    if sys.argv[1:2] == ["--train"]:
        print(trained(sys.argv[2], usual=sys.argv[3] == "usual", rows=int(sys.argv[4])))
        return 0
    parser = command.parser(__doc__)
    parser.add_argument("processors", nargs="*", default=EMULATED, metavar="PROCESSOR")
    asked = parser.parse_args()
    measuring = command.begin(__file__, LIBRARIES, asked)
    sizes = (
        SMALLEST
        if asked.smoke
        else Sizes(
            _promised(), _emulators(asked.processors), {kind: SIZES[kind] for kind in KINDS if kind in SIZES}, TURNS
        )
    )
    equal, prices = list(compare(sizes)), []
    print(f"\n{'kind':<24}price")
    for kind in sizes.rows:
        prices.append(price(kind, sizes))
        print(f"{kind:<24}{prices[-1].ratio:.2f}", flush=True)
    return measuring.end([*equal, *prices], wrong=any(not row.holds for row in equal))


def _promised() -> tuple[str, ...]:
    """Name the pipelines of kinds that promise to be alike elsewhere: what people's own code makes does not."""
    return tuple(name for name, (kind, _) in PIPELINES.items() if kind in SIZES)


def _emulators(processors: Sequence[str]) -> dict[str, tuple[str, ...]]:
    return {processor: ("qemu-x86_64", "-cpu", processor) for processor in processors}


def compare(sizes: Sizes) -> Iterator[Row]:
    """Run every stage here and on each processor, and print a line for each pipeline and processor."""
    with tempfile.TemporaryDirectory() as folder:
        made = make(Path(folder) / "made", sizes.pipelines)
        here = digests(made, Path(folder) / "here")
        print(f"{'pipeline':<24}{'processor':<20}equal")
        for processor, before in sizes.processors.items():
            there = digests(made, Path(folder) / processor, *before)
            for name in sizes.pipelines:
                others = sorted(file for file in here[name] if there[name].get(file) != here[name][file])
                said = f"all {len(here[name])} files" if not others else f"not {', '.join(others)}"
                print(f"{name:<24}{processor:<20}{said}", flush=True)
                yield Row(
                    name=f"files of {name} that differ on {processor}",
                    ours=len(others),
                    unit="files",
                    n=len(here[name]),
                    bound="none",
                    holds=not others,
                )


def digests(made: Path, copy: Path, *before: str) -> Digests:
    shutil.copytree(made, copy)
    words = [*before, sys.executable, "-W", "ignore", str(Path(__file__).with_name("probe_stages.py")), str(copy)]
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    found: Digests = json.loads(done.stdout)
    return found


def price(kind: str, sizes: Sizes) -> Row:
    """Give the median ratio of neighbouring runs."""
    taken = [[_seconds(kind, how, sizes.rows[kind]) for how in ("pinned", "usual")] for _ in range(sizes.turns)]
    ours, usual = zip(*taken, strict=True)
    return Row(
        name=f"training of {kind}, beside torch's own products",
        ours=statistics.median(ours),
        peer=statistics.median(usual),
        ratio=statistics.median(mine / other for mine, other in taken),
        unit="s of CPU",
        n=len(ours),
        spread=spread(ours),
    )


def _seconds(kind: str, how: str, rows: int) -> float:
    words = [sys.executable, "-W", "ignore", __file__, "--train", kind, how, str(rows)]
    one = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    return float(subprocess.run(words, cwd=ROOT, env=os.environ | one, capture_output=True, check=True).stdout)


def trained(kind: str, *, usual: bool, rows: int) -> float:
    """Train a kind on enough rows to be worth timing; give seconds of the processor, without imports."""
    from mlops.operations.processes.numerics import pin_numerics

    if not usual:
        pin_numerics(1)
    from mlops.blocks.trainer import Trainer
    from mlops.ml.training import candidates, linear
    from mlops.ml.training.asked import Asked
    from mlops.ml.training.problem import Examples, Problem
    from mlops.ml.training.session import Judge, Session
    from mlops.ml.user_code.origin import Origin

    if usual:
        linear._ours = lambda *_: False
    shape = (1, 8, 8) if kind == "cnn" else (100,)
    random = np.random.default_rng(7)
    x = random.standard_normal((rows + 500, *shape), dtype=np.float32)
    y = (x.reshape(len(x), -1)[:, :5].sum(axis=1) > 0).astype(np.int64)
    examples = Examples(x[:rows], y[:rows], x[rows:], y[rows:])
    problem = Problem("binary", shape)
    candidate = candidates.build(kind, Asked(kind=kind, **FEW.get(kind, {})), problem, Origin(ROOT, ""))
    judge = Judge("constant", True, lambda _y, _score: 0.0)
    session = Session(kind, 7, judge, Trainer(max_epochs=4, batch_size=256, patience=None))
    small = Examples(x[:64], y[:64], x[rows:], y[rows:])
    candidates.build(kind, Asked(kind=kind), problem, Origin(ROOT, "")).fit(small, session)  # imports, first kernels
    started = time.process_time()
    candidate.fit(examples, session)
    return time.process_time() - started


if __name__ == "__main__":
    sys.exit(main())
