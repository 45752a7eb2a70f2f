"""A repository of somebody's own, from the wheel alone: six lines, then its compiled workflow, then a second person."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.builders.customers import customers
from tests.builders.desks import Desk, build_wheel, make_tools
from tests.builders.repositories import edit, git
from tests.conftest import ROOT
from tests.e2e.plays import MARKS
from tests.runner.api import Api
from tests.runner.engine import Engine
from tests.runner.origin import Origin
from tests.runner.result import Run
from tests.runner.run import Runner

pytestmark = MARKS

EXAMPLE = ROOT / "examples" / "churn"
LINES = (
    'python -m venv .venv && . .venv/bin/activate && pip install --quiet "mlops-by-pull-request[train,registry]"',
    "mlops init --owner @growth",
    "mlops new churn --data ../churn.csv --target left",
    "mlops run churn",
    "git add -A && git commit --quiet -m 'Begin'",
    "git remote add origin ../origin.git && git push --quiet origin main",
)
CHANGING = re.compile(r"(?<=sha256:)[0-9a-f]{64}(?=\n\n)|(?<=  code: )[0-9a-f]{16}|(?<=\"code\": \")[0-9a-f]{16}")


@dataclass
class Shop:
    """A person who began, what they saw, and the machine that plays the workflows of their repository."""

    desk: Desk
    said: list[str]
    begun: dict[str, str]
    origin: Origin
    runner: Runner

    @property
    def work(self) -> Path:
        return self.desk.folder / "shop"

    def open(self, desk: Desk) -> Run:
        run = self.runner.event(self.origin.pull_request(desk.here))
        assert run is not None, "the workflow did not start"
        return run


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tools")
    build_wheel(folder / "wheel")
    return make_tools(folder / "tools", folder / "wheel" / "index")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, tools: Path) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    desk = Desk.of(folder / "ada", tools, "ada")
    origin = Origin.empty(desk.folder / "origin.git")
    (desk.folder / "churn.csv").write_text(customers())
    (desk.folder / "shop").mkdir()
    desk.type("cd shop")
    said, begun = [], {}
    for line in LINES:
        said.append(desk.type(line))
        if "mlops new" in line:
            begun = tracked(desk.here)
    with Engine() as engine, Api() as api:
        yield Shop(desk, said, begun, origin, Runner(engine, origin, folder / "runs", api, tools=tools))


def tracked(root: Path) -> dict[str, str]:
    """Read what Git would hand out."""
    names = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    return {name: (root / name).read_text() for name in sorted(filter(None, names))}


def test_six_lines_end_with_a_verdict_and_a_commit(shop: Shop) -> None:
    assert len(LINES) <= 6
    assert "verdict: pass" in shop.said[3], shop.said[3]
    assert git(shop.work, "status", "--porcelain") == ""
    assert shop.origin.head() == git(shop.work, "rev-parse", "HEAD").strip()


def test_nothing_of_this_repository_is_in_reach(shop: Shop) -> None:
    assert ROOT not in shop.work.parents
    seen = shop.desk.type("python -c 'import sys, mlops; print(mlops.__file__, *sys.path, sep=\"\\n\")'").splitlines()
    assert seen[0].startswith(str(shop.work / ".venv"))
    assert str(ROOT) not in seen
    assert shop.desk.try_("python -c 'import tests'").returncode == 1


def test_what_is_begun_is_the_example(shop: Shop, update: bool) -> None:
    if update:
        shutil.rmtree(EXAMPLE, ignore_errors=True)
        for name, text in shop.begun.items():
            (EXAMPLE / name).parent.mkdir(parents=True, exist_ok=True)
            (EXAMPLE / name).write_text(text)
    example = {name: CHANGING.sub("…", text) for name, text in tracked(EXAMPLE).items()}
    assert {name: CHANGING.sub("…", text) for name, text in shop.begun.items()} == example


def test_a_pull_request_is_judged_from_the_lock_alone(shop: Shop) -> None:
    desk = shop.desk
    desk.type("git switch --quiet -c linear")
    edit(desk.here, "conf/pipeline/churn.yaml", "/model: [gradient_boosting, mlp]", "/model: [linear]")
    desk.type("mlops compile && mlops run churn && git add -A && git commit --quiet -m 'A simple model will do'")
    run = shop.open(desk)
    assert run["verdict"].result == "success", run.log
    for job in ("check", "affected", "pipeline", "comment"):
        (instance,) = run[job].instances
        assert instance.step("Install").outcome == "success"
        assert (instance.workspace / ".venv" / "bin" / "mlops").is_file()
    log = run["pipeline"].instances[0].step("Fetch what is recorded").log
    assert log == "::notice title=No DVC remote::what is not in Git is made again here\n"
    assert "✅ | auroc better than dummy" in run.summary
    desk.type("git push --quiet origin linear")
    shop.origin.merge("linear")


def test_a_second_person_clones_installs_what_is_locked_and_changes_a_gate(shop: Shop, tools: Path) -> None:
    test_a_pull_request = shop.origin.read("main", "conf/pipeline/churn.yaml")
    assert "[linear]" in test_a_pull_request
    desk = Desk.of(shop.desk.folder.parent / "grace", tools, "grace")
    desk.type(f"git clone --quiet {shop.origin.folder} shop && cd shop && git switch --quiet -c gate")
    (install,) = re.findall(r"## Install\n\n```sh\n(.*?)```", (desk.here / "README.md").read_text(), re.DOTALL)
    desk.type(install)
    assert "the configuration holds" in desk.type("mlops validate --base origin/main")
    assert desk.type("mlops compile --check") == "compiled files match\n"
    with (desk.here / "conf/pipeline/churn.yaml").open("a") as pipeline:
        pipeline.write("gates:\n  - {metric: auroc, at_least: 0.6}\n")
    desk.type("mlops compile && mlops run churn && git add -A && git commit --quiet -m 'Ask for more'")
    run = shop.open(desk)
    assert run["verdict"].result == "success", run.log
    assert "auroc at least 0.6" in run.summary


def test_a_pull_request_to_a_repository_that_has_not_begun_is_judged_by_nobody(shop: Shop) -> None:
    desk = Desk.of(shop.desk.folder.parent / "eve", shop.desk.tools, "eve")
    origin = Origin.empty(desk.folder / "empty.git")
    desk.type(
        f"git clone --quiet {origin.folder} shop 2>&1 && cd shop && git commit --quiet --allow-empty -m 'Nothing'"
    )
    desk.type("git push --quiet origin main && git switch --quiet -c begin")
    desk.type(f"cp -r {shop.work}/. . && rm -rf .git/index.lock && git status --short | head -1")
    shutil.rmtree(desk.here / ".git")
    desk.type(f"git clone --quiet --no-checkout {origin.folder} fresh && mv fresh/.git . && rmdir fresh")
    desk.type("git switch --quiet -c begin && git add -A && git commit --quiet -m 'Begin by pull request'")
    runner = Runner(shop.runner.engine, origin, desk.folder / "runs", shop.runner.api, tools=shop.desk.tools)
    run = runner.event(origin.pull_request(desk.here))
    assert run is not None
    assert (run["check"].result, run["verdict"].result) == ("failure", "failure"), run.log
    assert "bootstrap: nothing here judged this but itself" in run["check"].instances[0].log
    assert run.results["pipeline"] == "skipped"
