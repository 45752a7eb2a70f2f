"""A repository of somebody's own, from the wheel alone: six lines, then its compiled workflow, then a second person."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from mlops import __version__
from mlops.operations.starting.pin import Pin, parse
from tests.builders.customers import customers
from tests.builders.desks import Desk, build_wheel, make_tools
from tests.builders.repositories import edit, git
from tests.builders.zipped_wheels import relabel
from tests.conftest import ROOT
from tests.runner.api import Api
from tests.runner.engine import Engine, missing
from tests.runner.origin import Origin
from tests.runner.result import Run
from tests.runner.run import Runner

pytestmark = [pytest.mark.slow, pytest.mark.tools]

EXAMPLE = ROOT / "examples" / "churn"
# What moves with every change of the program, with the machine, or with the words of the language, and has tests of its
# own: the wheel's hash, digests of code, the build of torch, the schemas.
_CHANGING = re.compile(
    r"(?<=sha256:)[0-9a-f]{64}(?=\n\n)"
    r"|(?<=: )'?[0-9a-f]{16}'?$"
    r"|^(?:torch|triton|nvidia-|cuda-)\S*==.*\n(?: .*\n)*",
    re.MULTILINE,
)
_ELSEWHERE = ("conf/.schema/", "conf/README.md")


@dataclass
class Begun:
    """A person after the first three lines; what each printed, and the files that there are then."""

    desk: Desk
    said: list[str]
    files: dict[str, str]


@dataclass
class Shop:
    """A person who began, what they saw, and the machine that plays the workflows of their repository."""

    desk: Desk
    said: list[str]
    origin: Origin
    runner: Runner

    @property
    def work(self) -> Path:
        return self.desk.folder / "shop"

    def open(self, desk: Desk) -> Run:
        run = self.runner.event(self.origin.pull_request(desk.here))
        assert run is not None, "the workflow did not start"
        return run


def lines() -> list[str]:
    """Read what the README tells to type, and docs/start.md with the same words."""
    (block,) = re.findall(r"## Your own repository\n.*?```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert f"```sh\n{block}```" in (ROOT / "docs/start.md").read_text()
    return str(block).splitlines()


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tools")
    build_wheel(folder / "wheel")
    return make_tools(folder / "tools", folder / "wheel" / "index")


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory, tools: Path) -> Begun:
    desk = Desk.of(tmp_path_factory.mktemp("shop") / "ada", tools, "ada")
    (desk.folder / "churn.csv").write_text(customers())
    (desk.folder / "shop").mkdir()
    desk.type("cd shop")
    return Begun(desk, [desk.type(line) for line in lines()[:3]], tracked(desk.here))


@pytest.fixture(scope="module")
def shop(begun: Begun, tools: Path) -> Iterator[Shop]:
    if missing():
        pytest.skip(missing())
    desk = begun.desk
    origin = Origin.empty(desk.folder / "origin.git")
    said = [*begun.said, *(desk.type(line) for line in lines()[3:])]
    with Engine() as engine, Api() as api:
        yield Shop(desk, said, origin, Runner(engine, origin, desk.folder.parent / "runs", api, tools=tools))


def tracked(root: Path) -> dict[str, str]:
    """Read what Git would hand out, but for what has tests of its own."""
    names = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    wanted = (name for name in names if name and not name.startswith(_ELSEWHERE) and (root / name).is_file())
    return {name: (root / name).read_text() for name in sorted(wanted)}


def test_what_is_begun_is_the_example(begun: Begun, update: bool) -> None:
    """`pytest tests/e2e/test_init.py -k example --update` writes it anew."""
    if update:
        shutil.rmtree(EXAMPLE, ignore_errors=True)
        for name, text in begun.files.items():
            (EXAMPLE / name).parent.mkdir(parents=True, exist_ok=True)
            (EXAMPLE / name).write_text(text)
    example = {name: _CHANGING.sub("…", text) for name, text in tracked(EXAMPLE).items()}
    assert {name: _CHANGING.sub("…", text) for name, text in begun.files.items()} == example


def test_a_wheel_whose_hash_is_not_the_locks_is_not_installed(begun: Begun, tools: Path, tmp_path: Path) -> None:
    """As a job installs; with the lock as it is, the same script installs it."""
    workflow = yaml.safe_load(begun.files[".github/workflows/mlops-pr.yml"])
    (install,) = [step["run"] for step in workflow["jobs"]["check"]["steps"] if step["name"] == "Install"]
    desk = Desk.of(tmp_path / "job", tools, "job")
    lock = begun.files["requirements.txt"]
    (desk.here / "install.sh").write_text(install)
    (desk.here / "requirements.txt").write_text(re.sub(r"(?<=sha256:)[0-9a-f]{64}(?=\n\n)", "0" * 64, lock, count=1))
    done = desk.try_("bash -e install.sh")
    assert done.returncode == 1
    assert "THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE" in done.stderr
    assert not (desk.here / ".venv/bin/mlops").exists()
    (desk.here / "requirements.txt").write_text(lock)
    desk.type("bash -e install.sh")
    assert (desk.here / ".venv/bin/mlops").exists()
    (desk.here / "requirements.txt").unlink()
    done = desk.try_("bash -e install.sh")
    said = "::error title=Nothing to install::this commit has no requirements.txt: mlops init writes it\n"
    assert (done.returncode, done.stdout) == (4, said)


def test_six_lines_end_with_a_verdict_and_a_commit(shop: Shop) -> None:
    assert len(shop.said) <= 6
    assert "verdict: pass" in shop.said[3], shop.said[3]
    assert git(shop.work, "status", "--porcelain") == ""
    assert shop.origin.head() == git(shop.work, "rev-parse", "HEAD").strip()


def test_nothing_of_this_repository_is_in_reach(shop: Shop) -> None:
    assert ROOT not in shop.work.parents
    seen = shop.desk.type("python -c 'import sys, mlops; print(mlops.__file__, *sys.path, sep=\"\\n\")'").splitlines()
    assert seen[0].startswith(str(shop.work / ".venv"))
    assert str(ROOT) not in seen
    assert shop.desk.try_("python -c 'import tests'").returncode == 1


def test_a_pull_request_is_judged_from_the_lock_alone(shop: Shop) -> None:
    desk = shop.desk
    desk.type("git switch --quiet -c linear")
    edit(desk.here, "conf/pipeline/churn.yaml", "/model: [linear, lightgbm]", "/model: [linear]")
    desk.type("mlops compile && git add -A && git commit --quiet -m 'A simple model will do'")
    run = shop.open(desk)
    assert run["verdict"].result == "success", run.log
    for job in ("check", "affected", "pipeline", "judge", "comment"):
        (instance,) = run[job].instances
        assert instance.step("Install").outcome == "success"
        assert (instance.workspace / ".venv" / "bin" / "mlops").is_file()
    log = run["pipeline"].instances[0].step("Fetch what is recorded").log
    assert log == "::notice title=No DVC remote::what is not in Git is made again here\n"
    assert "| ✅ AUROC better than dummy" in run.summary
    desk.type("git push --quiet origin linear")
    shop.origin.merge("linear")


def test_a_second_person_clones_installs_what_is_locked_and_changes_a_gate(shop: Shop, tools: Path) -> None:
    assert "[linear]" in shop.origin.read("main", "conf/pipeline/churn.yaml"), "what came before is not merged"
    desk = Desk.of(shop.desk.folder.parent / "grace", tools, "grace")
    desk.type(f"git clone --quiet {shop.origin.folder} shop && cd shop && git switch --quiet -c gate")
    (install,) = re.findall(r"## Install\n\n```sh\n(.*?)```", (desk.here / "README.md").read_text(), re.DOTALL)
    desk.type(install.strip())
    assert "the configuration holds" in desk.type("mlops validate --base origin/main")
    assert desk.type("mlops compile --check") == "compiled files match\n"
    with (desk.here / "conf/pipeline/churn.yaml").open("a") as pipeline:
        pipeline.write("gates:\n  - {metric: auroc, at_least: 0.6}\n")
    desk.type("mlops compile && mlops run churn && git add -A && git commit --quiet -m 'Ask for more'")
    run = shop.open(desk)
    assert run["verdict"].result == "success", run.log
    assert "AUROC at least 0.6" in run.summary


def test_an_upgrade_is_one_pull_request_judged_by_the_release_that_it_moves_to(shop: Shop, tools: Path) -> None:
    (wheel,) = (tools.parents[1] / "wheel" / "index").glob("*.whl")
    later = relabel(wheel, "7.0")
    desk = shop.desk
    desk.type("git switch --quiet main && git pull --quiet origin main && git switch --quiet -c upgrade")
    desk.type("pip install --quiet mlops-by-pull-request==7.0")
    said = desk.type("mlops upgrade && mlops run churn && git add -A && git commit --quiet -m 'Upgrade mlops'")
    assert said.startswith(f"{__version__} → 7.0    mlops-by-pull-request==7.0 of the index\n"), said
    later_pin = parse((desk.here / "requirements.txt").read_text()).pin
    assert later_pin == Pin("7.0", hashlib.sha256(later.read_bytes()).hexdigest())
    run = shop.open(desk)
    assert run["verdict"].result == "success", run.log
    base, head = (
        next((run[job].instances[0].workspace / ".venv").glob("lib/python3.*/site-packages/mlops/__init__.py"))
        for job in ("comment", "check")
    )
    assert (f'"{__version__}"' in base.read_text(), '"7.0"' in head.read_text()) == (True, True)
    (desk.here / "note.txt").write_text("also")
    desk.type("git add -A && git commit --quiet -m 'And a note'")
    run = shop.open(desk)
    assert (run["check"].result, run["verdict"].result) == ("failure", "failure"), run.log
    assert "an upgrade changes nothing else; also changed: note.txt" in run["check"].instances[0].log


def test_a_pull_request_to_a_repository_that_has_not_begun_is_judged_by_nobody(shop: Shop, tools: Path) -> None:
    desk = Desk.of(shop.desk.folder.parent / "eve", tools, "eve")
    origin = Origin.empty(desk.folder / "empty.git")
    desk.type(f"git clone --quiet {origin.folder} shop && cd shop && git commit --quiet --allow-empty -m 'Nothing'")
    desk.type("git push --quiet origin main && git switch --quiet -c begin")
    desk.type(f"git -C {shop.work} archive main | tar -x && git add -A && git commit --quiet -m 'By pull request'")
    runner = Runner(shop.runner.engine, origin, desk.folder / "runs", shop.runner.api, tools=tools)
    run = runner.event(origin.pull_request(desk.here))
    assert run is not None
    assert (run["check"].result, run["verdict"].result) == ("failure", "failure"), run.log
    assert "bootstrap: nothing here judged this but itself" in run["check"].instances[0].log
    assert run.results["pipeline"] == "skipped"
