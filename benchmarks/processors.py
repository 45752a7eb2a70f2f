"""Compare every file that a pipeline of each kind writes, here and on an emulated processor; and what that costs.

`python benchmarks/processors.py [PROCESSOR ...]` needs qemu-x86_64 (package qemu-user). It prints two tables: for each
pipeline, whether the files of all its stages are equal; for each kind, the price: CPU time of training under the
settings of a stage against training with the products of torch itself and no settings, in turns, each in a fresh
process. Exits 1 where a file differs.
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
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from probe_pipelines import KINDS, PIPELINES, make

ROOT = Path(__file__).parent.parent
EMULATED = ("Haswell", "EPYC")
TURNS = 5
SIZES = {"cnn": 3_000, "gradient_boosting": 4_000, "linear": 40_000, "mlp": 50_000, "random_forest": 6_000}

Digests = Mapping[str, Mapping[str, str]]


def main() -> int:
    """Print both tables."""
    if sys.argv[1:2] == ["--train"]:
        print(trained(sys.argv[2], usual=sys.argv[3] == "usual"))
        return 0
    differ = 0
    with tempfile.TemporaryDirectory() as folder:
        made = make(Path(folder) / "made")
        here = digests(made, Path(folder) / "here")
        print(f"{'pipeline':<24}{'processor':<20}equal")
        for processor in sys.argv[1:] or EMULATED:
            there = digests(made, Path(folder) / processor, "qemu-x86_64", "-cpu", processor)
            for name in PIPELINES:
                others = sorted(file for file in here[name] if there[name].get(file) != here[name][file])
                differ += len(others)
                said = f"all {len(here[name])} files" if not others else f"not {', '.join(others)}"
                print(f"{name:<24}{processor:<20}{said}", flush=True)
    print(f"\n{'kind':<24}price")
    for kind in KINDS:
        print(f"{kind:<24}{price(kind):.2f}", flush=True)
    return 1 if differ else 0


def digests(made: Path, copy: Path, *before: str) -> Digests:
    shutil.copytree(made, copy)
    command = [*before, sys.executable, "-W", "ignore", str(Path(__file__).with_name("probe_stages.py")), str(copy)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    found: Digests = json.loads(done.stdout)
    return found


def price(kind: str) -> float:
    """Give the median ratio of neighbouring runs."""
    return statistics.median(_seconds(kind, "pinned") / _seconds(kind, "usual") for _ in range(TURNS))


def _seconds(kind: str, how: str) -> float:
    command = [sys.executable, "-W", "ignore", __file__, "--train", kind, how]
    one = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    return float(subprocess.run(command, cwd=ROOT, env=os.environ | one, capture_output=True, check=True).stdout)


def trained(kind: str, *, usual: bool) -> float:
    """Train a kind on enough rows to be worth timing; give seconds of the processor, without imports."""
    from mlops.app.running.numerics import pin_numerics

    if not usual:
        pin_numerics(1)
    from mlops.blocks.trainer import Trainer
    from mlops.ml.training import candidates, linear
    from mlops.ml.training.problem import Examples, Problem
    from mlops.ml.training.session import Judge, Session

    if usual:
        linear._ours = lambda *_: False
    rows, shape = SIZES[kind], (1, 8, 8) if kind == "cnn" else (100,)
    random = np.random.default_rng(7)
    x = random.standard_normal((rows + 500, *shape), dtype=np.float32)
    y = (x.reshape(len(x), -1)[:, :5].sum(axis=1) > 0).astype(np.int64)
    examples = Examples(x[:rows], y[:rows], x[rows:], y[rows:])
    problem = Problem("binary", shape)
    parameters = {"mlp": {"hidden": (256, 256)}, "gradient_boosting": {"trees": 40}, "random_forest": {"trees": 30}}
    candidate = candidates.build(kind, kind, parameters.get(kind, {}), problem, candidates.Origin(ROOT, ""))
    judge = Judge("constant", True, lambda _y, _score: 0.0)
    session = Session(kind, 7, judge, Trainer(max_epochs=4, batch_size=256, patience=None))
    small = Examples(x[:64], y[:64], x[rows:], y[rows:])
    candidates.build(kind, kind, {}, problem, candidates.Origin(ROOT, "")).fit(small, session)  # imports, first kernels
    started = time.process_time()
    candidate.fit(examples, session)
    return time.process_time() - started


if __name__ == "__main__":
    sys.exit(main())
