"""A repository of many pipelines: our compile, status, plan and run against Hydra and DVC doing the same.

    python benchmarks/fleet.py                   # 1,000 pipelines; DVC takes minutes
    python benchmarks/fleet.py --pipelines 50    # a quick look; the bounds are meant for 1,000
    python benchmarks/fleet.py --smoke           # all of it on eight pipelines, once: does it still run?

Every pipeline composes six groups, has its own data file and its own files in `conf/data` and `conf/model`, and a
`dvc.lock` with the digests DVC would have recorded, so that nothing is stale. Each command runs in its own process
(start-up included) except Hydra, which gets one process for all pipelines and is not charged for its imports.
Ours are measured three times, the middle counts; DVC and Hydra once. Exit 1 if a bound is missed.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import command
from benchmarks.fleet_repository import NEEDLE, make, mlops, python, record
from benchmarks.result import Row, spread

LIBRARIES = ("dvc", "hydra-core", "omegaconf", "pydantic", "ruamel.yaml")

HYDRA = """
import sys, time
from pathlib import Path
from mlops.configuration.reading.compose import compose
from mlops.configuration.reading.library import Configuration
configuration = Configuration(Path(sys.argv[1]))
names = configuration.options("pipeline")
compose(configuration, names[0])
started = time.perf_counter()
for name in names:
    compose(configuration, name)
print(time.perf_counter() - started)
"""
PEAK = """
import resource, sys
from mlops.cli.main import run
code = run(["compile"])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
sys.exit(code)
"""


@dataclass(frozen=True)
class Sizes:
    """How many pipelines there are, between which two sizes growth is measured, and how often ours are."""

    pipelines: int
    small: int
    large: int
    times: int = 3


SMALLEST = Sizes(8, 8, 8, 1)


@dataclass(frozen=True)
class Figure:
    """One line of the table; `peer` is None where the bound is on our figure itself."""

    name: str
    taken: Sequence[float]
    peer: float | None
    bound: float
    unit: str = "s"

    @property
    def ours(self) -> float:
        """Give the middle one of what was taken."""
        return statistics.median(self.taken)

    @property
    def value(self) -> float:
        """Give what the bound is on."""
        return self.ours if self.peer is None else self.ours / self.peer

    @property
    def holds(self) -> bool:
        """Tell whether the bound is kept."""
        return self.value <= self.bound

    def row(self) -> Row:
        """Say the same in a result."""
        return Row(
            name=self.name,
            ours=self.ours,
            peer=self.peer,
            ratio=None if self.peer is None else self.value,
            unit=self.unit,
            n=len(self.taken),
            spread=spread(self.taken),
            bound=f"at most {self.bound:g}",
            holds=self.holds,
        )


def main() -> int:
    parser = command.parser(__doc__)
    parser.add_argument("--pipelines", type=int, default=1000)
    parser.add_argument("--small", type=int, default=100, help="the lesser size that growth is measured from")
    parser.add_argument("--large", type=int, default=3000, help="the greater size that growth is measured to")
    parser.add_argument("--record", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.record is not None:
        record(arguments.record)
        return 0
    measuring = command.begin(__file__, LIBRARIES, arguments)
    sizes = SMALLEST if arguments.smoke else Sizes(arguments.pipelines, arguments.small, arguments.large)
    with tempfile.TemporaryDirectory(prefix="fleet-") as folder:
        figures = measure(Path(folder), sizes)
    show(figures, sizes.pipelines)
    return measuring.end([figure.row() for figure in figures])


def measure(folder: Path, sizes: Sizes) -> list[Figure]:
    count, small, large, times = sizes.pipelines, sizes.small, sizes.large, sizes.times
    root = make(folder / "fleet", count)
    say(f"{count:,} pipelines: Hydra composes")
    hydra = float(python(root, "-c", HYDRA, str(root)))
    say("cold compile, warm compile, status, run, plan")
    cold, peak = cold_compile(root)
    python(root, __file__, "--record", str(root))
    warm = taken(times, root, "compile", "--check")
    edited = one_edited(root, times)
    mlops(root, "plan")
    status = taken(times, root, "plan")
    run, plan = one(root, times)
    say("dvc status, then dvc repro of one pipeline")
    dvc_status = seconds(root, "-m", "dvc", "status", expect="up to date")
    dvc_repro = seconds(root, "-m", "dvc", "repro", "pipelines/t00007/dvc.yaml", expect="up to date")
    shutil.rmtree(root)
    say(f"run and plan of one pipeline among {small:,} and among {large:,}")
    found = {size: one(sized(folder, size), times) for size in sorted({small, large})}
    few, many = found[small], found[large]
    return [
        Figure("cold compile / Hydra composing all", [cold], hydra, 0.10),
        Figure("compile, nothing changed / Hydra composing all", warm, hydra, 0.008),
        Figure("compile, one file changed / Hydra composing all", edited, hydra, 0.10),
        Figure("status of all / dvc status", status, dvc_status, 0.05),
        Figure("plan of a one-line change / dvc repro of that pipeline", plan, dvc_repro, 0.10),
        Figure("run of one, nothing to do / the same", run, dvc_repro, 0.05),
        Figure(f"plan of one at {large:,} / at {small:,}", many[1], statistics.median(few[1]), 1.5),
        Figure(f"run of one at {large:,} / at {small:,}", many[0], statistics.median(few[0]), 1.5),
        Figure("peak memory of a cold compile, MB", [peak], None, 500, "MB"),
    ]


def cold_compile(root: Path) -> tuple[float, float]:
    """Time a first compile, and find the most memory it held, in MB."""
    started = time.perf_counter()
    peak = float(python(root, "-c", PEAK).split()[-1])
    return time.perf_counter() - started, peak


def one_edited(root: Path, times: int) -> list[float]:
    """Time `compile` after a change of one line, which rewrites the parameters of one pipeline."""
    file = root / "conf/model/t00007.yaml"
    text = file.read_text()
    took = []
    for rate in ("lr: 0.002", "lr: 0.003", NEEDLE)[-max(times, 2) :]:
        file.write_text(text.replace(NEEDLE, rate))
        started = time.perf_counter()
        assert mlops(root, "compile").split() == ["pipelines/t00007/params.yaml"]
        took.append(time.perf_counter() - started)
    return took


def sized(folder: Path, count: int) -> Path:
    root = make(folder / f"fleet-{count}", count)
    mlops(root, "compile")
    python(root, __file__, "--record", str(root))
    return root


def one(root: Path, times: int) -> tuple[list[float], list[float]]:
    """Time `run` with nothing to do, then `plan` after a change of one line, of one pipeline."""
    mlops(root, "run", "t00007")  # which enters the verdict into the ledger
    run = taken(times, root, "run", "t00007")
    file = root / "conf/model/t00007.yaml"
    text = file.read_text()
    file.write_text(text.replace(NEEDLE, "lr: 0.002"))
    assert "model.mlp.lr" in mlops(root, "plan", "t00007")
    plan = taken(times, root, "plan", "t00007")
    file.write_text(text)
    return run, plan


def taken(times: int, root: Path, *arguments: str) -> list[float]:
    return [seconds(root, "-m", "mlops", *arguments) for _ in range(times)]


def seconds(root: Path, *arguments: str, expect: str = "") -> float:
    started = time.perf_counter()
    said = python(root, *arguments)
    took = time.perf_counter() - started
    assert expect in said, f"{' '.join(arguments)}: {said[-2000:]}"
    return took


def show(figures: list[Figure], count: int) -> None:
    print(f"{count:,} pipelines, nine stages each\n")
    print(f"{'figure':<56}{'ours':>9}{'peer':>9}{'ratio':>9}{'bound':>8}")
    for figure in figures:
        peer, ratio = ("", "") if figure.peer is None else (f"{figure.peer:.2f}", f"{figure.value:.4f}")
        mark = "ok" if figure.holds else "MISSED"
        print(f"{figure.name:<56}{figure.ours:>9.2f}{peer:>9}{ratio:>9}{figure.bound:>8g}  {mark}")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
