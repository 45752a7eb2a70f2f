"""Pipelines side by side give what they give one after the other, and an end before their time leaves nothing half."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from mlops.files.alone import alone
from mlops.operations.processes.reproducing import lock_of
from mlops.operations.workspace import open_workspace
from tests.builders.clones import BIN, Clone
from tests.builders.small import copy_of, small

pytestmark = [pytest.mark.slow, pytest.mark.long]

NAMES = ("alpha", "churn")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """Two small pipelines that have not run."""
    return small(tmp_path_factory.mktemp("small"), "alpha")


@pytest.fixture(scope="module")
def serial(fresh: Clone, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What is committed after they ran one after the other; DVC alone enters nothing in the ledger."""
    copy = copy_of(fresh, tmp_path_factory.mktemp("serial") / "copy")
    for command in (("dvc", "repro", "-q"), ("mlops", "enter")):
        done = run(copy, *command)
        assert done.returncode == 0, done.stdout + done.stderr
    return recorded(copy)


def recorded(copy: Clone) -> dict[str, bytes]:
    """Read every file that Git would be given, but for those that were there before anything ran."""
    listed = copy.run("git", "ls-files", "-z", "--others", "--exclude-standard").stdout.split("\0")
    return {name: (copy.root / name).read_bytes() for name in filter(None, listed)}


def environment() -> dict[str, str]:
    """Have the tools at hand, and no MLflow: it takes longer to import than these models to train."""
    return {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "MLFLOW_TRACKING_URI": ""}


def run(copy: Clone, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=copy.root, capture_output=True, text=True, check=False, env=environment())


def start(copy: Clone, *arguments: str) -> subprocess.Popen[str]:
    """Start `mlops` with all that it prints in one pipe; it hears Ctrl-C even where the tests run behind."""
    return subprocess.Popen(
        ["env", "--default-signal=INT", "mlops", *arguments],
        cwd=copy.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(),
    )


def finish(begun: subprocess.Popen[str]) -> tuple[int, str]:
    with begun:
        assert begun.stdout is not None
        printed = begun.stdout.read()
    return begun.returncode, printed


def test_stage_by_stage_is_equal_to_all_of_them_at_once(fresh: Clone, serial: dict[str, bytes], tmp_path: Path) -> None:
    copy = copy_of(fresh, tmp_path / "copy")
    stages = [stage.name for stage in open_workspace(copy.root, ("churn",)).pipeline("churn").stages]
    for stage in stages:
        done = run(copy, "mlops", "run", "churn", "--stage", stage)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "verdict: pass" in done.stdout
    assert recorded(copy) == {path: data for path, data in serial.items() if path.startswith("pipelines/churn/")}


def test_side_by_side_is_equal_to_one_after_the_other_and_dvc_agrees(
    fresh: Clone, serial: dict[str, bytes], tmp_path: Path
) -> None:
    copy = copy_of(fresh, tmp_path / "copy")
    done = run(copy, "mlops", "run", "--all", "--jobs", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    for name in NAMES:
        assert f"{name} | Running stage 'pipelines/{name}/dvc.yaml:train'" in done.stderr
        assert f"{name} | train: stage 5 of 9\n" in done.stderr
    assert done.stdout.count("verdict: pass") == 2
    assert recorded(copy) == serial
    again = run(copy, "dvc", "repro")
    assert (again.returncode, "Running stage" in again.stdout) == (0, False)
    assert "Data and pipelines are up to date." in again.stdout
    second = run(copy, "mlops", "run", "--all")
    assert (second.returncode, second.stdout) == (0, done.stdout)
    assert second.stderr == "".join(f"report: pipelines/{name}/reports/report.html\n" for name in NAMES)
    an_edit_is_compiled_before_it_is_run(copy)


def an_edit_is_compiled_before_it_is_run(copy: Clone) -> None:
    with (copy.root / "conf/pipeline/churn.yaml").open("a") as pipeline:
        pipeline.write("evaluate: {minimum_rows: 31}\n")
    refused = run(copy, "mlops", "run", "churn", "--frozen")
    said = "pipelines/churn/params.yaml: not what the YAML compiles to\n"
    assert (refused.returncode, refused.stderr[: len(said)]) == (3, said)
    done = run(copy, "mlops", "run", "churn")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr.startswith("compiled: pipelines/churn/params.yaml\n")
    assert re.findall(r"Running stage '.*:(\w+)'", done.stdout) == ["gate", "package"]


def test_runs_at_once_wait_for_each_other_and_run_nothing_twice(
    fresh: Clone, serial: dict[str, bytes], tmp_path: Path
) -> None:
    copy = copy_of(fresh, tmp_path / "copy")
    with alone(lock_of(copy.root, "churn")):
        runs = [start(copy, "run", name) for name in ("churn", "churn", "alpha")]
        for begun in runs[:2]:
            assert begun.stdout is not None
            assert begun.stdout.readline() == "churn: waiting for another run of it to end\n"
    ended = [finish(begun) for begun in runs]
    assert [code for code, _ in ended] == [0, 0, 0], ended
    assert sum(printed.count("Running stage") for _, printed in ended) == 18
    assert all("verdict: pass" in printed for _, printed in ended)
    assert recorded(copy) == {
        name: data for name, data in serial.items() if name.split("/")[1:2] in (["alpha"], ["churn"])
    }


ENDS = {
    "Ctrl-C": (signal.SIGINT, "validate"),
    "SIGTERM": (signal.SIGTERM, "train"),
    "SIGKILL": (signal.SIGKILL, "evaluate"),
}


def test_ended_before_its_time_it_leaves_nobody_and_nothing_half(
    fresh: Clone, serial: dict[str, bytes], tmp_path: Path
) -> None:
    copy = copy_of(fresh, tmp_path / "copy")
    for number, stage in ENDS.values():
        begun = start(copy, "run", *NAMES, "--jobs", "2")
        assert begun.stdout is not None
        for line in begun.stdout:
            if line.startswith(f"churn | {stage}: stage "):
                break
        begun.send_signal(number)
        _, printed = finish(begun)
        assert "Traceback" not in printed, printed
        assert begun.returncode == (130 if number != signal.SIGKILL else -signal.SIGKILL), printed
        for name in NAMES:
            with alone(lock_of(copy.root, name)):  # whoever still writes there would hold it
                assert not list((copy.root / "pipelines" / name).rglob(".*.part"))
    done = run(copy, "mlops", "run", "--all")
    assert done.returncode == 0, done.stdout + done.stderr
    assert recorded(copy) == serial
