"""Several pipelines at once: what is told, in which order they begin, and what the run of all ends with."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mlops.errors import ConfigurationError, InfrastructureError, IntegrityError, MlopsError
from mlops.operations.dvc.lock import md5_tree
from mlops.operations.integrity.standing import Standing
from mlops.operations.processes.times import remember
from mlops.operations.running.run import Begun
from mlops.operations.running.together import Begin, Outcome, exit_code, run_together
from mlops.operations.verdicts.gate import Verdict
from mlops.operations.workspace import Workspace, open_workspace
from mlops.plan.gate import registered
from tests.builders.comments import gate
from tests.builders.repositories import BASE, edit, make_repository, record

pytestmark = pytest.mark.slow

CHURN = (BASE / "conf" / "pipeline" / "churn.yaml").read_text()
NAMES = ("alpha", "beta", "churn")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three recorded pipelines, of which an artefact is gone."""
    root = make_repository(tmp_path, alpha=CHURN, beta=CHURN)
    for name in ("alpha", "beta"):
        (root / "pipelines" / name / "data").mkdir(parents=True)
        table = (root / "pipelines/churn/data/churn.csv").read_text()
        (root / "pipelines" / name / "data" / "churn.csv").write_text(table)
    record(root)
    for name in NAMES:
        (root / "pipelines" / name / "artifacts" / "raw.parquet").unlink()
    return root


def beginning(scripts: dict[str, str], begun: list[str] | None = None) -> Begin:
    """Begin runs that are Python scripts."""

    def begin(workspace: Workspace, name: str, standing: Standing) -> Begun:
        run = Begun.of(workspace, name, standing)
        if begun is not None:
            begun.append(name)
        return Begun(run.root, name, [sys.executable, "-c", scripts[name]], run.rules)

    return begin


def judged(root: Path, name: str, verdict: str = "pass", code: int = 0, before: str = "") -> str:
    """Write the script of a run that ends with a verdict."""
    digest = registered(open_workspace(root, (name,)).pipeline(name).stage("gate").section)
    report = {**gate(verdict, champion=None), "registered": digest}
    path, lock = (str(root / "pipelines" / name / file) for file in ("reports/gate.json", "dvc.lock"))
    digests = (md5_tree(Path(path)), hashlib.md5(json.dumps(report).encode(), usedforsecurity=False).hexdigest())
    record = f"text = open({lock!r}).read().replace(*{digests!r})\nopen({lock!r}, 'w').write(text)"
    write = f"open({path!r}, 'w').write({json.dumps(report)!r})"
    return f"{before}\n{write}\n{record}\nprint('judged')\nraise SystemExit({code})"


def stopped(root: Path, name: str, stage: str, code: int) -> str:
    """Write the script of a run in which a stage stops."""
    ended = {"stage": stage, "code": code, "cause": "", "next": "look at the data"}
    path = root / ".mlops" / "results" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    return f"open({str(path)!r}, 'w').write({json.dumps(ended)!r})\nraise SystemExit(255)"


def run(
    root: Path, scripts: dict[str, str], jobs: int = 2, begun: list[str] | None = None
) -> tuple[list[Outcome], list[str]]:
    said: list[str] = []
    names = tuple(scripts)
    return run_together(open_workspace(root), names, jobs, said.append, beginning(scripts, begun)), said


def test_outcomes_come_in_the_order_asked_for_and_lines_with_the_name_of_the_pipeline(root: Path) -> None:
    outcomes, said = run(root, {name: judged(root, name) for name in ("churn", "alpha")}, jobs=1)
    assert [(found.name, found.verdict and found.verdict.verdict, found.error) for found in outcomes] == [
        ("churn", "pass", None),
        ("alpha", "pass", None),
    ]
    assert said == [
        "2 pipelines to run, 1 at a time",
        "alpha | judged",
        "alpha: pass, 1 of 2 done",
        "churn | judged",
        "churn: pass, 2 of 2 done",
    ]


def test_one_that_fails_stops_no_other(root: Path) -> None:
    scripts = {
        "alpha": stopped(root, "alpha", "validate", 4),
        "beta": "raise SystemExit(255)",
        "churn": judged(root, "churn"),
    }
    outcomes, _ = run(root, scripts)
    assert [(found.name, found.error and found.error.message) for found in outcomes] == [
        ("alpha", "alpha: validate stopped"),
        ("beta", "beta: dvc repro failed"),
        ("churn", None),
    ]
    assert exit_code(outcomes) == 6


def test_a_gate_that_failed_is_a_verdict(root: Path) -> None:
    script = stopped(root, "alpha", "package", 2).replace("raise SystemExit(255)", judged(root, "alpha", "fail", 255))
    outcomes, said = run(root, {"alpha": script})
    assert [(found.verdict and found.verdict.verdict, found.error) for found in outcomes] == [("fail", None)]
    assert (said[0], said[-1], exit_code(outcomes)) == ("1 pipeline to run", "alpha: fail, 1 of 1 done", 2)


def test_they_run_at_the_same_time(root: Path) -> None:
    """Each waits for a word of the other: one after the other they would never end."""
    first, second = str(root / "first"), str(root / "second")
    os.mkfifo(first)
    os.mkfifo(second)
    scripts = {
        "alpha": judged(root, "alpha", before=f"open({first!r}, 'w').write('x'); open({second!r}).read()"),
        "beta": judged(root, "beta", before=f"open({first!r}).read(); open({second!r}, 'w').write('x')"),
    }
    outcomes, _ = run(root, scripts)
    assert exit_code(outcomes) == 0


def test_what_is_as_recorded_is_not_begun(root: Path) -> None:
    (root / "pipelines/churn/artifacts/raw.parquet").write_text("ingest artifacts/raw.parquet\n")
    (root / "pipelines/churn/reports/gate.json").write_text("{}")
    begun: list[str] = []
    outcomes, said = run(root, {"alpha": judged(root, "alpha"), "churn": ""}, begun=begun)
    assert begun == ["alpha", "churn"]  # its report is not what was recorded
    record(root)
    begun.clear()
    outcomes, said = run(root, {"alpha": "", "churn": ""}, begun=begun)
    assert (begun, said) == ([], [])
    assert [found.error and found.error.message for found in outcomes] == [
        "pipelines/alpha/reports/gate.json is damaged",
        "pipelines/churn/reports/gate.json is damaged",
    ]


ORDER: dict[str, tuple[Callable[[Path], object], list[str], str]] = {
    "by name": (lambda _: None, ["alpha", "beta", "churn"], ""),
    "by data": (
        lambda root: edit(root, "pipelines/beta/data/churn.csv", "54,paid,false\n", "54,paid,false\n54,paid,true\n"),
        ["beta", "alpha", "churn"],
        "",
    ),
    "by what is known to last": (
        lambda root: [
            remember(root, name, stage.name, seconds)
            for name, seconds in zip(NAMES, (1.0, 2.0, 30.0), strict=True)
            for stage in open_workspace(root).pipeline(name).stages
        ],
        ["churn", "beta", "alpha"],
        ", about 4 min",
    ),
}


@pytest.mark.parametrize(("change", "order", "length"), ORDER.values(), ids=ORDER)
def test_the_longest_begins_first(change: Callable[[Path], object], order: list[str], length: str, root: Path) -> None:
    change(root)
    begun: list[str] = []
    _, said = run(root, {name: judged(root, name) for name in NAMES}, begun=begun)
    assert (begun, said[0]) == (order, f"3 pipelines to run, 2 at a time{length}")


def test_lines_are_told_whole_and_a_bar_as_lines(root: Path) -> None:
    before = "import sys\nfor part in ('a', 'b\\rc', '\\n\\n', 'é'): print(part, end='', flush=True)"
    _, said = run(root, {"alpha": judged(root, "alpha", before=before)})
    assert said[1:-1] == ["alpha | ab", "alpha | c", "alpha | éjudged"]


def verdict(word: str) -> Outcome:
    return Outcome("churn", Verdict("churn", word, (), None))


def failed(kind: type[MlopsError]) -> Outcome:
    return Outcome("churn", error=kind("why"))


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([], 0),
        ([verdict("pass"), verdict("pass")], 0),
        ([verdict("pass"), verdict("inconclusive")], 7),
        ([verdict("fail"), verdict("inconclusive")], 2),
        ([failed(ConfigurationError), verdict("fail"), verdict("inconclusive")], 4),
        ([failed(InfrastructureError), failed(IntegrityError), verdict("pass")], 6),
    ],
)
def test_the_worst_is_the_exit_code(outcomes: list[Outcome], code: int) -> None:
    assert exit_code(outcomes) == code
