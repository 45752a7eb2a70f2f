"""Repositories that the pages of docs/ begin in: what examples/churn is, further and further on its way."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from mlops.cli.main import run
from mlops.operations.compiling.compile import compile_files
from mlops.operations.workspace import open_workspace
from tests.builders.clones import BIN
from tests.builders.customers import customers
from tests.builders.logs import START, write_day
from tests.builders.once import once
from tests.builders.repositories import commit, git
from tests.builders.stores import make_store
from tests.builders.waiting import CEILING
from tests.conftest import ROOT

PIPELINE = "conf/pipeline/churn.yaml"
MONITOR = """\
monitor:
  every: day
  window: day
  labels: labels.csv
  performance: {metric: auroc, no_worse_than: 0.1, labels_within_days: 0}
  retrain: {when: [drift, performance], minimum_new_labels: 100}
"""
_GITCONFIG = "[user]\n\tname = ada\n\temail = ada@shop.example\n[init]\n\tdefaultBranch = main\n"


@dataclass
class Shell:
    """Somebody at a terminal: a home, a folder that they are in, and what they exported."""

    home: Path
    here: Path
    left: list[int] = field(default_factory=list)
    """Groups of processes that a line left running."""

    def type(self, line: str) -> tuple[int, str]:
        """Type a line; give how it ended, and what it printed and complained of as it came."""
        state = self.home / "exported"
        script = f'. "{state}"\n{line}\ncode=$?\nexport -p > "{state}"\npwd > "{self.home}/here"\nexit $code\n'
        with subprocess.Popen(
            ["bash", "-c", script],
            cwd=self.here,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        ) as process:
            printed, _ = process.communicate(timeout=CEILING)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 0)
            self.left.append(process.pid)
        self.here = Path((self.home / "here").read_text().strip())
        return process.returncode, printed

    def leave(self) -> None:
        """End what was left running in the background."""
        for group in self.left:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGTERM)

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name != "CI"}
        path = f"{BIN}:{os.environ['PATH']}"
        return kept | {"MLFLOW_TRACKING_URI": "", "HOME": str(self.home), "PATH": path, "COLUMNS": "120"}


def begin(name: str, folder: Path) -> Shell:
    """Give somebody a repository of a name in a folder of their own, beside tables and what it pushes to."""
    shutil.copytree(once(f"begun-{name}", _MADE[name]), folder, symlinks=True, dirs_exist_ok=True)
    (folder / "home").mkdir()
    (folder / "home/.gitconfig").write_text(_GITCONFIG)
    (folder / "home/exported").touch()
    return Shell(folder / "home", folder / "shop")


def _new(folder: Path) -> None:
    """After `mlops init` and `mlops new`, committed and pushed."""
    shutil.copytree(ROOT / "examples/churn", folder / "shop")
    (folder / "churn.csv").write_text(customers())
    (folder / "new.csv").write_text(customers(200, seed=7))
    (folder / "shop/.venv").symlink_to(BIN.parent)
    git(folder, "init", "-q", "--bare", "origin.git")
    compile_files(open_workspace(folder / "shop"))
    commit(folder / "shop", "Begin")
    git(folder / "shop", "remote", "add", "origin", "../origin.git")
    git(folder / "shop", "push", "-q", "-u", "origin", "main")


def _ran(folder: Path) -> None:
    """After a run too: its linear model passed. Nothing is tracked, which takes longer than to learn."""
    shutil.copytree(once("begun-new", _new), folder, symlinks=True, dirs_exist_ok=True)
    pipeline = folder / "shop" / PIPELINE
    pipeline.write_text(re.sub(r"(?<=/model: )\[.*\]", "[linear]", pipeline.read_text()))
    make_store(folder / "shop/.mlops/mlflow.db")
    _run(folder)


def _environments(folder: Path) -> None:
    """With `staging` and `prod`, a DVC remote and a registry beside it, where a first run is registered."""
    shutil.copytree(once("begun-ran", _ran), folder, symlinks=True, dirs_exist_ok=True)
    shop = folder / "shop"
    (folder / "remote").mkdir()
    (shop / ".dvc/config").write_text(
        "[core]\n    analytics = false\n    remote = storage\n['remote \"storage\"']\n    url = ../../remote\n"
    )
    with (shop / "conf/project.yaml").open("a") as project:
        project.write("ci: {kind: none}\nenvironments: {staging: {}, prod: {after: staging, role: live}}\n")
    _run(folder)


def _live(folder: Path) -> None:
    """With two bundles that were live in both, one after the other."""
    shutil.copytree(once("begun-environments", _environments), folder, symlinks=True, dirs_exist_ok=True)
    shop = folder / "shop"
    for l2 in (1.0, 0.5):
        _put(shop / PIPELINE, f"model: {{linear: {{l2: {l2}}}}}\n")
        _run(folder)
        _type(shop, "register", "churn")
        for environment in ("staging", "prod"):
            _type(shop, "release", "churn", "--env", environment)
            _push(shop, f"churn into {environment}")
            _type(shop, "reconcile", "--env", environment)


def _watched(folder: Path) -> None:
    """With a week of answers, from whose fifth day on customers call more often, and their labels."""
    shutil.copytree(once("begun-live", _live), folder, symlinks=True, dirs_exist_ok=True)
    shop, labels = folder / "shop", []
    _put(shop / PIPELINE, MONITOR)
    bundle, rows = (
        shop / "pipelines/churn/artifacts/bundle",
        pl.read_parquet(shop / "pipelines/churn/artifacts/valid.parquet"),
    )
    known = rows.drop_nulls()
    today = (datetime.now(UTC) - START).days
    for day in range(7):
        of_the_day = known.filter(pl.col("support_calls") > 1) if day > 3 else known
        asked = of_the_day.sample(600, with_replacement=True, seed=day)
        names = write_day(shop / ".mlops/log/churn/prod", bundle, today - 7 + day, asked)
        known_at = (START + timedelta(days=today - 7 + day)).strftime("%Y-%m-%dT23:50:00Z")
        labels.append(asked.select(pl.Series("prediction_id", names), pl.lit(known_at).alias("time"), "left"))
    pl.concat(labels).write_csv(shop / "labels.csv")
    compile_files(open_workspace(shop))
    _push(shop, "Watch it")


def _put(path: Path, text: str) -> None:
    """Write lines at the end of a file, in place of those that were put there before."""
    path.write_text(path.read_text().partition("# put\n")[0] + "# put\n" + text)


def _type(shop: Path, *words: str) -> None:
    """Type a verb, in this process: to import what registers takes longer than to register."""
    with contextlib.chdir(shop), pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{BIN}:{os.environ['PATH']}")
        assert run(words) == 0, words


def _push(shop: Path, message: str) -> None:
    commit(shop, message)
    git(shop, "push", "-q", "origin", "main")


def _run(folder: Path) -> None:
    shop = folder / "shop"
    environment = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}", "MLFLOW_TRACKING_URI": ""}
    done = subprocess.run(
        ["mlops", "run", "churn"], cwd=shop, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    _push(shop, "Run")


_MADE: Mapping[str, Callable[[Path], None]] = {
    "new": _new,
    "ran": _ran,
    "environments": _environments,
    "live": _live,
    "watched": _watched,
}
"""What makes a repository, by its name."""
NAMES = tuple(_MADE)
