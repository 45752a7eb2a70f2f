"""Engines run for real what is compiled for them, as docs/engines.md says.

`dvc.lock`, reports and ledger are then those of `mlops run`.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from mlops.operations.compiling.compile import compile_files
from mlops.operations.workspace import open_workspace
from tests.builders.bundles import make_bundle, make_frame
from tests.builders.clones import BIN, Clone
from tests.builders.released import run_of
from tests.builders.repositories import commit, edit
from tests.builders.small import copy_of, small
from tests.conftest import ROOT

AIRFLOW = ROOT / ".tools/airflow/bin/airflow"
pytestmark = [pytest.mark.tools, pytest.mark.slow, pytest.mark.long]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A small pipeline that has not run, in a project that Airflow and Argo orchestrate."""
    made = small(tmp_path_factory.mktemp("small"))
    with (made.root / "conf/project.yaml").open("a") as file:
        file.write("orchestrate: [airflow, argo]\n")
    compile_files(open_workspace(made.root))
    commit(made.root)
    return made


@pytest.fixture(scope="module")
def serial(fresh: Clone, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What `mlops run` leaves to be committed."""
    copy = copy_of(fresh, tmp_path_factory.mktemp("serial") / "copy")
    done = run(copy, "mlops", "run", "churn")
    assert done.returncode == 0, done.stdout + done.stderr
    return recorded(copy)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An Airflow of its own, with an empty database."""
    if not AIRFLOW.is_file():
        pytest.skip("Airflow is not installed: make airflow")
    settings = {"AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow")), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    migrate = [str(AIRFLOW), "db", "migrate"]
    done = subprocess.run(migrate, env=os.environ | settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return settings


def recorded(copy: Clone) -> dict[str, bytes]:
    """Read every file that Git would be given; what Python caches of a DAG, unless it is told not to, is Airflow's."""
    listed = copy.run("git", "ls-files", "-z", "--others", "--exclude-standard").stdout.split("\0")
    return {name: (copy.root / name).read_bytes() for name in filter(None, listed) if "__pycache__" not in name}


def run(copy: Clone, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "MLFLOW_TRACKING_URI": "", **settings}
    return subprocess.run(command, cwd=copy.root, capture_output=True, text=True, check=False, env=environment)


def by_airflow(copy: Clone, home: dict[str, str]) -> subprocess.CompletedProcess[str]:
    dags = {"AIRFLOW__CORE__DAGS_FOLDER": str(copy.root / "orchestrate/airflow")}
    return run(copy, str(AIRFLOW), "dags", "test", "shop.churn", **home, **dags)


def by_argo(copy: Clone) -> None:
    """Run the commands of the workflow in the order of its tasks: what Argo would start, without Argo."""
    spec = yaml.safe_load((copy.root / "orchestrate/argo/churn.yaml").read_text())["spec"]
    dag, stage = spec["templates"]
    begun: list[str] = []
    for task in dag["dag"]["tasks"]:
        assert [task.get("depends")] == (begun[-1:] or [None])
        (given,) = task["arguments"]["parameters"]
        command = [
            word.replace("{{inputs.parameters.stage}}", given["value"]) for word in stage["container"]["command"]
        ]
        done = run(copy, *command)
        assert done.returncode == 0, done.stdout + done.stderr
        begun.append(task["name"])


def test_the_commands_that_argo_is_given_leave_what_a_run_leaves(
    fresh: Clone, serial: dict[str, bytes], tmp_path: Path
) -> None:
    copy = copy_of(fresh, tmp_path / "copy")
    by_argo(copy)
    assert recorded(copy) == serial


def test_airflow_leaves_what_a_run_leaves(
    fresh: Clone, serial: dict[str, bytes], home: dict[str, str], tmp_path: Path
) -> None:
    copy = copy_of(fresh, tmp_path / "copy")
    done = by_airflow(copy, home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pipelines/churn/dvc.lock" in serial
    assert recorded(copy) == serial


def test_a_stage_that_may_not_run_fails_its_task_and_no_other_begins(
    fresh: Clone, home: dict[str, str], tmp_path: Path
) -> None:
    copy = copy_of(fresh, tmp_path / "copy")
    edit(copy.root, "conf/pipeline/churn.yaml", "0.7", "0.6")  # and nobody compiled
    done = by_airflow(copy, home)
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "pipelines/churn/params.yaml: not what the YAML compiles to" in said
    assert "The command returned a non-zero exit code 3" in said
    assert "[DAG TEST] starting task_id=ingest" in said
    assert "[DAG TEST] starting task_id=validate" not in said
    assert recorded(copy) == {}


def test_airflow_scores_what_is_due(fresh: Clone, home: dict[str, str], tmp_path: Path) -> None:
    copy = copy_of(fresh, tmp_path / "copy")
    with (copy.root / "conf/pipeline/churn.yaml").open("a") as file:
        file.write("deploy: {batch: {kind: batch, input: rows, output: scores, run_by: airflow}}\n")
    compile_files(open_workspace(copy.root))
    run_of(copy.root, "churn", make_bundle(tmp_path / "bundle"))
    (copy.root / "rows").mkdir()
    make_frame(40).drop("__row__").write_parquet(copy.root / "rows/a.parquet")
    dags = {"AIRFLOW__CORE__DAGS_FOLDER": str(copy.root / "pipelines/churn/deploy")}
    done = run(copy, str(AIRFLOW), "dags", "test", "churn.score", **home, **dags)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (copy.root / "scores/a.parquet").is_file()
