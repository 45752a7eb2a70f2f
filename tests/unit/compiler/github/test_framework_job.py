"""The job that makes rows by the change's version of the program: what it holds, and whose code runs in it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from mlops.operations.reviewing.artifacts import digest
from tests.builders.repositories import commit, git
from tests.builders.scripts import calls, fake, needs_jq, outputs, run
from tests.builders.workflows import CLOUDS, jobs, project, workflows

pytestmark = pytest.mark.slow

OWN = {"install": "make"}


def of(name: str, **settings: Any) -> dict[str, Any]:
    found: dict[str, Any] = jobs(workflows(project(**settings)))[name]
    return found


def script(name: str, job: str = "pr/framework", **settings: Any) -> str:
    (text,) = [step["run"] for step in of(job, **OWN, **settings)["steps"] if step["name"] == name]
    return str(text)


def test_only_a_repository_that_brings_the_program_has_it() -> None:
    plain, own = (jobs(workflows(project(**settings))) for settings in ({}, OWN))
    assert set(own) - set(plain) == {"pr/framework"}
    moved = {name for name in plain if {**plain[name], "steps": 0} != {**own[name], "steps": 0}}
    assert moved == {"pr/affected", "pr/judge", "pr/judged"}
    assert own["pr/verdict"] == plain["pr/verdict"], "its failure is no failure of the verdict"
    assert own["pr/judge"]["needs"] == ["affected", "pipeline", "framework"]
    assert own["pr/judge"]["if"] == plain["pr/judge"]["if"], "whatever became of it, the judge judges"


def test_what_was_judged_is_kept_whatever_became_of_it() -> None:
    said = of("pr/judged", **OWN)["if"]
    assert said == (
        "${{ !cancelled() && needs.check.result == 'success' && needs.affected.result == 'success' && "
        "needs.pipeline.result == 'success' && needs.judge.result == 'success' && "
        "needs.affected.outputs.count != '0' }}"
    )


def test_it_holds_what_reads_and_nothing_else() -> None:
    plain = of("pr/framework", **OWN)
    assert (plain["permissions"], plain["cache-mode"]) == ({"contents": "read"}, "none")
    assert "environment" not in plain
    assert "github.token" not in str(plain)
    assert "secrets." not in str(plain)
    for cloud in ("aws", "gcp", "azure"):
        read = of("pr/framework", **OWN, reader={"cloud": CLOUDS[cloud]})
        assert read["permissions"] == {"contents": "read", "id-token": "write"}
        assert read["environment"] == "mlops-read"
        assert [step["name"] for step in read["steps"] if "IDENTITY" in str(step)] == ["Fetch the data"]
    assert of("pr/framework", **OWN, runner=["self-hosted"])["environment"].startswith("${{ github.event_name == ")


def test_it_runs_only_where_the_plan_says_that_the_program_moves() -> None:
    job = of("pr/framework", **OWN)
    assert job["if"] == "needs.affected.outputs.count != '0' && needs.affected.outputs.framework == 'true'"
    assert job["needs"] == ["affected"]


@needs_jq
@pytest.mark.parametrize(
    ("plan", "moves"),
    [
        ('{"affected": [], "labels": ["policy-change", "framework-change"]}', "true"),
        ('{"affected": [], "labels": ["policy-change"]}', "false"),
        ('{"affected": []}', "false"),
    ],
)
def test_the_plan_says_so_by_its_label(plan: str, moves: str, tmp_path: Path) -> None:
    commit(tmp_path)
    fake(tmp_path, f"echo '{plan}'")
    done = run(tmp_path, script("Find the affected pipelines", "pr/affected"), BASE="main")
    assert done.returncode == 0, done.stderr
    assert outputs(tmp_path)["framework"] == moves


HOOK = ".git/hooks/post-checkout.py"
PLANTED = (
    *("pipelines/__init__.py", "pipelines/churn/checks.py", "pipelines/churn/deep/er/checks.cpython-311.pyc"),
    *("pipelines/churn/fast.so", "sitecustomize.py", "usercustomize.pyc", "polars/__init__.py"),
    *("mlops/__pycache__/splits.cpython-311.pyc", "evidence/churn/rows.json"),
    *(".mlops/cache/code.json", ".venv/bin/mlops"),
)
LEFT = (
    *("mlops/ml/data/splits.py", ".requirements/build.py", "Makefile", "pipelines/churn/data/table.csv"),
    *("pipelines/churn/params.yaml", HOOK),
)


def lay(root: Path, paths: tuple[str, ...]) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("")


def left(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if not path.is_dir() or path.is_symlink()}


def test_nothing_that_runs_but_the_program_is_left_before_anything_runs(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    lay(tmp_path, (*PLANTED, *LEFT))
    (tmp_path / "linked.py").symlink_to("mlops/ml/data/splits.py")
    git(tmp_path, "add", "--force", ".")
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script("Leave nothing that runs but the program")],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert {path for path in left(tmp_path) if not path.startswith(".git/")} == {*LEFT} - {HOOK}
    assert (tmp_path / HOOK).is_file()
    names = [step["name"] for step in of("pr/framework", **OWN)["steps"]]
    assert names[:4] == ["Check out", "Leave nothing that runs but the program", "Set up Python", "Install"]


def test_where_there_is_nothing_to_remove_it_goes_on(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    lay(tmp_path, ("mlops/a.py",))
    subprocess.run(["bash", "-e", "-c", script("Leave nothing that runs but the program")], cwd=tmp_path, check=True)


@pytest.mark.parametrize("code", [0, 5, 6])
def test_it_tells_the_digest_of_what_it_made_however_it_ends(code: int, tmp_path: Path) -> None:
    fake(tmp_path, f"mkdir -p evidence/churn && echo '{{}}' > evidence/churn/rows.json && exit {code}")
    done = run(tmp_path, script("Make the rows"), PIPELINES="churn visits", INDEX="3")
    assert done.returncode == code, done.stderr
    assert calls(tmp_path) == ["judge churn visits --rows evidence"]
    assert outputs(tmp_path) == {"rows-3": digest(tmp_path / "evidence")}


def test_where_nothing_was_made_nothing_is_told(tmp_path: Path) -> None:
    fake(tmp_path, "exit 6")
    assert run(tmp_path, script("Make the rows"), PIPELINES="churn", INDEX="0").returncode == 6
    assert not (tmp_path / "output").exists()


def test_what_cannot_be_fetched_is_told_and_stops_nothing(tmp_path: Path) -> None:
    fake(tmp_path, "exit 6")
    done = run(tmp_path, script("Fetch the data"), PIPELINES="churn visits")
    said = "::warning title=Not all data was fetched::the DVC remote cannot be read here\n"
    assert (done.returncode, done.stdout) == (0, said)
    assert calls(tmp_path) == ["judge churn visits --change . --fetch"]


def test_the_judge_takes_what_this_batch_told_of_and_nothing_else() -> None:
    (step,) = [step for step in of("pr/judge", **OWN)["steps"] if step["name"] == "Fetch what rows were made"]
    assert step["if"] == "needs.framework.outputs[format('rows-{0}', matrix.batch.index)] != ''"
    assert (step["with"]["name"], step["with"]["path"]) == (
        "rows-${{ matrix.batch.name }}",
        "left/rows-${{ matrix.batch.name }}",
    )


def test_no_step_keeps_a_row() -> None:
    job = of("pr/framework", **OWN)
    kept = [
        step["with"]["path"] for step in job["steps"] if step.get("uses", "").startswith("actions/upload-artifact@")
    ]
    assert kept == ["evidence/"]
