"""Which release a job of the pull-request workflow runs: that of the commit whose code it runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mlops.compiler.github.pull_request import lower_pull_request
from mlops.compiler.github.workflow import Step
from mlops.configuration.ci import Continuous


def steps(name: str) -> tuple[Step, ...]:
    (job,) = [job for job in lower_pull_request(Continuous()).jobs if job.name == name]
    return job.steps


@pytest.mark.parametrize(
    ("job", "reference"),
    [
        ("check", None),
        ("affected", None),
        ("pipeline", None),
        ("comment", "${{ github.event.pull_request.base.sha }}"),
    ],
)
def test_a_job_installs_what_the_commit_that_it_runs_pins(job: str, reference: str | None) -> None:
    """The pull request's own jobs install the pin of the pull request: an upgrade is judged by what it moves to."""
    (out,) = [step for step in steps(job) if step.uses == "actions/checkout"]
    assert out.inputs.get("ref") == reference
    names = [step.name for step in steps(job)]
    assert names[:3] == ["Check out", "Set up Python", "Install"]
    (install,) = [step for step in steps(job) if step.name == "Install"]
    assert "--require-hashes --no-deps" in install.run
    assert "--requirement requirements.txt" in install.run


_PYTHON = re.compile(r"\bpython3?( -\S+)*? -m (?!mlops)\w+")
_MAKE = re.compile(r"\bmake (?!--file Makefile )\w")


@pytest.mark.parametrize("how", ["lock", "make"])
def test_nothing_of_the_checkout_comes_before_what_installs(how: str) -> None:
    """A `venv.py`, a folder `pip/` or a GNUmakefile of whoever opens a pull request is none of an installation's."""
    settings = Continuous.model_validate({"install": how})
    runs = [step.run for job in lower_pull_request(settings).jobs for step in job.steps if step.run]
    assert any("venv" in run or "make --file Makefile setup" in run for run in runs)
    assert [found[0] for run in runs for found in _PYTHON.finditer(run) if " -P " not in found[0]] == []
    assert [found[0] for run in runs for found in _MAKE.finditer(run)] == []


def test_what_a_job_starts_of_python_keeps_its_folder_off_the_path(repository: Path) -> None:
    """DVC and pip are started beside a checkout that may have a `dvc.py`; only stages are to find own code there."""
    dock = {f"mlops/operations/{name}.py" for name in ("processes/reproducing", "running/smoke", "trying/run")}
    started = re.compile(r'(?:executable|str\(python\)), "-m"')
    files = {
        str(path.relative_to(repository))
        for path in (repository / "mlops").rglob("*.py")
        if started.search(path.read_text(encoding="utf-8"))
    }
    assert files == dock


def test_a_shadow_of_pip_and_venv_is_passed_by(tmp_path: Path) -> None:
    for name in ("venv.py", "pip.py"):
        (tmp_path / name).write_text("raise SystemExit('the shadow ran')\n")
    (tmp_path / "GNUmakefile").write_text("setup:\n\t@echo the shadow ran\n")
    (tmp_path / "Makefile").write_text("setup:\n\t@echo ours\n")
    shown = subprocess.run(
        ["make", "--file", "Makefile", "setup"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert shown.stdout == "ours\n"
    for module in ("venv", "pip"):
        for options, ours in (((), False), (("-P",), True)):
            command = [sys.executable, *options, "-m", module, "--help"]
            done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
            assert ("the shadow ran" in done.stderr) is not ours
