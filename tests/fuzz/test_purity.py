"""Reading a configuration does nothing else: no code of the project's, no socket, no process, no file elsewhere.

Verbs run in one process under an audit hook, and without a network where the kernel lets a process have none.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.builders.repositories import commit, copy_own
from tests.conftest import ROOT
from tests.golden.test_golden import ERR, HERE, OK, overlay
from tests.golden.test_malicious import CASES, attacked

pytestmark = pytest.mark.slow

COMPILED = re.compile(
    r"pipelines/[a-z0-9_-]+/(dvc\.yaml|params\.yaml|\.gitignore|deploy(/[a-z0-9_-]+(/Dockerfile)?)?)|\.github(/workflows(/mlops-[a-z0-9-]+\.yml)?|/CODEOWNERS"
    r"|/gates(/[a-z0-9_-]+\.yaml)?"
    r"|/dependabot\.yml|/workflows/\.gitattributes)?|dvc\.yaml|params\.yaml|(pipelines/)?\.git(attributes|ignore)"
    r"|orchestrate(/(airflow|argo|jenkins)(/[a-z0-9_-]+\.(py|yaml|groovy))?)?"
    r"|\.gitlab-ci\.yml|\.gitlab(/CODEOWNERS|/gates(/[a-z0-9_-]+\.yaml)?)?"
)
VICTIM = "import pathlib\npathlib.Path(__file__).with_name('PWNED').touch()\n"


def isolated() -> list[str]:
    """Give what begins a command that has no network, or nothing where the kernel does not allow it."""
    tool = shutil.which("unshare")
    alone = [tool, "--net", "--map-root-user"] if tool else []
    allowed = bool(tool) and subprocess.run([*alone, "true"], capture_output=True, check=False).returncode == 0
    return alone if allowed else []


def record(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    done = subprocess.run(
        [*isolated(), sys.executable, "-m", "tests.builders.recorder"],
        input="".join(f"{json.dumps(task)}\n" for task in tasks),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def tripwires(root: Path) -> Path:
    """Make every module of the project tell when it is run."""
    for path in [*root.glob("pipelines/*/*.py"), root / "pipelines" / "__init__.py", root / "victim.py"]:
        if path.parent.is_dir():
            path.write_text((path.read_text() if path.exists() else "") + VICTIM)
    return root


def elsewhere(root: Path, record: dict[str, Any], *, compiles: bool) -> list[list[str]]:
    """List what was done but for files of the cache and, for a compile, compiled ones."""
    home = str(root.resolve())
    found = []
    for kind, what in record["done"]:
        if kind == "write" and what.startswith(f"{home}/"):
            place = what.removeprefix(f"{home}/")
            beside = re.sub(r"(^|/)\.([^/]+)\.\d+\.part$", r"\1\2", place)  # written there, then renamed
            if place.startswith(".mlops") or (compiles and (COMPILED.fullmatch(place) or COMPILED.fullmatch(beside))):
                continue
        found.append([kind, what])
    return found


READING = ["validate"], ["validate", "--output", "json"], ["plan"]


@pytest.mark.slow
def test_a_good_configuration_is_compiled_without_side_effects(tmp_path: Path) -> None:
    roots = {name: tripwires(overlay(HERE / "ok" / name, tmp_path / name)) for name in OK}
    roots["demo"] = tripwires(copy_own(tmp_path / "demo"))
    tasks = []
    for name, root in roots.items():
        pipeline = {"demo": "rand_hie", "fleet": "tenants-eu"}.get(name, "churn")
        reading = [*READING, ["render", pipeline], ["render", pipeline, "--origins"], ["explain", pipeline, "gates"]]
        tasks += [{"root": str(root), "verbs": reading}, {"root": str(root), "verbs": [["compile"]] * 2}]
    records = record(tasks)
    for (name, root), read, compiled in zip(roots.items(), records[::2], records[1::2], strict=True):
        assert set(read["codes"]) == {0}, (name, read)
        assert compiled["codes"] == [0, 0], (name, compiled)
        assert elsewhere(root, read, compiles=False) == [], name
        assert elsewhere(root, compiled, compiles=True) == [], name
        assert list(root.rglob("PWNED")) == [], name
        assert (root / "dvc.yaml").is_file(), name


@pytest.mark.slow
def test_a_hostile_configuration_is_refused_without_side_effects(tmp_path: Path) -> None:
    tasks, roots = [], []
    for name in CASES:
        root, names = attacked(HERE / "malicious" / name, tmp_path / name)
        tripwires(root)
        verbs = [
            ["validate", *names],
            ["plan", *names],
            ["compile"],
            ["render", "churn"],
            ["explain", "churn", "model"],
        ]
        tasks.append({"root": str(root), "verbs": verbs})
        roots.append((root, bool(names)))
    for name in ERR:
        root = tripwires(overlay(HERE / "err" / name, tmp_path / name))
        tasks.append({"root": str(root), "verbs": [["validate"], ["plan"], ["compile"]]})
        roots.append((root, False))
    for (root, named), found in zip(roots, record(tasks), strict=True):
        assert found["codes"][0] == 4, root.name
        assert set(found["codes"]) <= {0, 4}, (root.name, found["codes"])
        assert elsewhere(root, found, compiles=named) == [], root.name
        assert list(root.rglob("PWNED")) == [], root.name


@pytest.mark.slow
def test_a_plan_against_a_commit_starts_git_and_nothing_else(tmp_path: Path) -> None:
    root = tripwires(overlay(HERE / "ok" / "everything", tmp_path))
    commit(root)
    (found,) = record([{"root": str(root), "verbs": [["plan", "--base", "HEAD"], ["validate", "--base", "HEAD"]]}])
    assert found["codes"] == [0, 0]
    assert {tuple(event) for event in elsewhere(root, found, compiles=False)} == {("process", "git")}


@pytest.mark.parametrize(
    ("fault", "event"),
    [
        ("import socket; socket.socket()", "socket"),
        ("import subprocess; subprocess.run(['true'])", "process"),
        ("open('elsewhere', 'w').close()", "write"),
        ("import os; os.mkdir('elsewhere')", "write"),
        ("import pipelines.churn.model", "import"),
        ("import runpy; runpy.run_path('pipelines/churn/model.py')", "exec"),
    ],
)
def test_the_recorder_sees_each_kind_of_fault(tmp_path: Path, fault: str, event: str) -> None:
    root = tripwires(overlay(HERE / "ok" / "everything", tmp_path))
    script = (
        "import io, sys, mlops.cli.main as main, tests.builders.recorder as recorder\n"
        f"def run(verb):\n    exec({fault!r})\n    return 0\n"
        "main.run = run\nrecorder.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=json.dumps({"root": str(root), "verbs": [["validate"]]}) + "\n",
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    seen = json.loads(done.stdout)
    assert event in {kind for kind, _ in elsewhere(root, seen, compiles=False)}
