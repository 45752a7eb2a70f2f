"""Own code that the judge's job runs, and that tells the runner what the job's later steps are to do.

A step does so by lines in the files that `$GITHUB_ENV`, `$GITHUB_PATH` and `$GITHUB_OUTPUT` name. A stage and a metric
of a pipeline look for those names in their own environment and in that of the process which started them, write what
would take the job over, and answer as honest code does. It must end in that answer and in three files as empty as
before: the kernel shuts the process in. Without that guard the same code has written all three.

What such code does in the job that runs the pipeline, which nothing shuts in, is in `tests/e2e/test_hostile_code.py`:
there the job says what it is told to, and its judge is another one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from mlops.operations.processes.confined import version
from tests.conftest import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not version(), reason="this kernel has no Landlock")]
FILES = {
    "GITHUB_ENV": "BASH_ENV=/tmp/later.sh",
    "GITHUB_PATH": "/tmp/first",
    "GITHUB_OUTPUT": "verdict-0=pass",
}
OWN = f"""\
import os
from pathlib import Path

FILES = {FILES!r}


def take_over():
    known = dict(os.environ)
    for process in ("self", os.getppid()):
        try:
            told = Path(f"/proc/{{process}}/environ").read_text().split("\\0")
        except OSError:
            continue
        known |= dict(line.split("=", 1) for line in told if "=" in line)
    for name, line in FILES.items():
        try:
            with open(known[name], "a") as file:
                file.write(f"{{line}}\\n")
        except (KeyError, OSError):
            pass


def run(rows):
    take_over()
    return rows


def loss(target, score):
    take_over()
    return (target - score) ** 2
"""
# what the judge's step does, in a process whose environment is the step's
STEPS = {
    "stage": """
from mlops.operations.processes import own_stage as asking
OPEN
asking.run_own(root / "pipelines/churn", root, "enrich",
    {"use": "pipelines.churn.own:run", "rows": "artifacts/raw.parquet", "files": ["own.py"]})
print((root / "pipelines/churn/artifacts/enrich.parquet").stat().st_size > 0)
""",
    "metric": """
import numpy as np
from mlops.ml.evaluation.judging.own_metrics import OwnMetric
from mlops.ml.evaluation.predictions import Predictions
from mlops.operations.judging import apart as asking
OPEN
scores = {"candidate": np.array([0.1, 0.9])}
rows = Predictions("binary", np.array([1, 2]), np.array([0, 1]), scores, {})
found = asking.measure_apart(rows, {"loss": OwnMetric("pipelines.churn.own:loss", "lower")}, root, "churn")["loss"]
print(not found.problems and [round(loss, 6) for loss in found.values["candidate"].tolist()] == [0.01, 0.01])
""",
}
OPEN = """
asking._COMMAND = ("-P", "-c", "import sys; from " + asking.__package__ + " import " + asking.__name__.split(".")[-1] +
    " as asked; asked.version = lambda: 0; sys.exit(asked.main(*sys.argv[1:]))")
"""
"""The process of the own code without what shuts it in."""
TOLD = "asking.environment = lambda home: {**__import__('os').environ, 'HOME': str(home)}"
"""The process is told of the step's whole environment."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "pipelines/churn"
    (folder / "artifacts").mkdir(parents=True)
    (folder / "own.py").write_text(OWN)
    pl.DataFrame({"__row__": [0, 1], "x": [1, 2]}).write_parquet(folder / "artifacts/raw.parquet")
    return tmp_path


def written(root: Path, kind: str, *guards: str) -> dict[str, str]:
    """Run the judge's step with some guards taken out; its own code answers as always. Gives what the files hold."""
    files = {name: root / name.lower() for name in FILES}
    for file in files.values():
        file.touch()
    step = f"from pathlib import Path\nroot = Path({str(root)!r})\n" + STEPS[kind].replace("OPEN", "\n".join(guards))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CI": "true", **{name: str(f) for name, f in files.items()}}
    done = subprocess.run(
        [sys.executable, "-c", step], cwd=root, env=environment, check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["True"]), done.stderr
    return {name: file.read_text() for name, file in files.items()}


@pytest.mark.parametrize("kind", STEPS)
def test_no_file_of_the_runner_is_written_and_without_the_guard_each_is(kind: str, root: Path) -> None:
    assert written(root, kind) == dict.fromkeys(FILES, "")
    taken = written(root, kind, OPEN)
    assert {name: text.splitlines()[:1] for name, text in taken.items()} == {n: [line] for n, line in FILES.items()}


def test_it_is_shut_in_by_the_kernel_and_not_by_what_it_is_told(root: Path) -> None:
    assert written(root, "stage", TOLD) == dict.fromkeys(FILES, "")
