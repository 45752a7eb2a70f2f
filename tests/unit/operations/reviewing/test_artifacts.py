"""Evidence that was swapped, slipped in, or comes from elsewhere is refused."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from mlops.cli.main import run
from mlops.errors import IntegrityError
from mlops.operations.reviewing import artifacts
from mlops.operations.reviewing.artifacts import digest, left_rows, places
from mlops.operations.reviewing.evidence import read_judged, read_plan
from tests.builders.comments import change, gate, write_plan, write_report
from tests.builders.repositories import make_repository

HINT = "run the jobs again; if it comes back, a job of this pull request writes into the evidence of another"


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    """Leave what two jobs leave: one ran `churn`, the other `visits` and `returns`."""
    folder = tmp_path / "evidence"
    write_plan(folder, *(change(name, "train") for name in ("churn", "returns", "visits")))
    for name in ("churn", "visits"):
        write_report(folder, name, gate("pass"))
    write_report(folder / "report-visits", "x", gate("pass"))
    (folder / "report-visits" / "report-x" / "x").rename(folder / "report-visits" / "returns")
    (folder / "report-visits" / "report-x").rmdir()
    (folder / "report-visits").rename(folder / "report-visits-and-1-more")
    return folder


def told(folder: Path, **changes: Any) -> str:
    batches = [
        {"name": "churn", "pipelines": "churn", "index": 0},
        {"name": "visits-and-1-more", "pipelines": "visits returns", "index": 1},
    ]
    names = ("report-churn", "report-visits-and-1-more")
    outputs = {f"evidence-{index}": digest(folder / name) for index, name in enumerate(names)}
    plan = hashlib.sha256((folder / "plan" / "plan.json").read_bytes()).hexdigest()
    needs = {
        "check": {"result": "success", "outputs": {}},
        "affected": {"result": "success", "outputs": {"count": "3", "digest": plan, "batches": json.dumps(batches)}},
        "pipeline": {"result": "failure", "outputs": outputs},
    }
    for job, values in changes.items():
        needs[job]["outputs"] = {**needs[job]["outputs"], **values}  # type: ignore[dict-item]
    return json.dumps(needs)


def test_what_the_jobs_made_is_read_from_where_each_put_it(evidence: Path) -> None:
    found = places(evidence, told(evidence))
    assert {name: place.ran.relative_to(evidence).as_posix() for name, place in found.items()} == {
        "churn": "report-churn/churn",
        "visits": "report-visits-and-1-more/visits",
        "returns": "report-visits-and-1-more/returns",
    }
    plan = read_plan(evidence)
    assert plan is not None
    assert [judged.gate is not None for judged in read_judged(evidence, plan, found)] == [True, True, True]


def test_where_another_job_judges_what_a_run_says_of_itself_is_no_verdict(
    evidence: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    verdict = evidence / "verdict-churn/churn"
    verdict.mkdir(parents=True)
    (verdict / "judged.json").write_text(json.dumps(gate("fail")))
    (evidence / "report-churn/churn/judged.json").write_text(json.dumps(gate("pass")))
    needs = json.loads(told(evidence))
    needs["judge"] = {"outputs": {"verdict-0": digest(evidence / "verdict-churn")}}
    found = places(evidence, json.dumps(needs))
    plan = read_plan(evidence)
    assert plan is not None
    judged = {one.change.name: one.gate and one.gate.verdict for one in read_judged(evidence, plan, found)}
    assert judged == {"churn": "fail", "visits": None, "returns": None}
    monkeypatch.chdir(make_repository(tmp_path / "shop"))
    assert run(["comment", str(evidence), "--needs", json.dumps(needs)]) == 0
    text = capsys.readouterr().out
    assert "**visits**: no verdict, what its run left could not be judged" in text
    (verdict / "judged.json").write_text(json.dumps(gate("pass")))
    with pytest.raises(IntegrityError, match=r"^verdict-churn: the artifact is not the one its job made$"):
        places(evidence, json.dumps(needs))


def swapped(folder: Path) -> None:
    (folder / "report-churn" / "churn" / "gate.json").write_text(json.dumps(gate("fail")))


def of_another_run(folder: Path) -> None:
    (folder / "report-old" / "churn").mkdir(parents=True)
    (folder / "report-old" / "churn" / "gate.json").write_text(json.dumps(gate("pass")))


def slipped_in(folder: Path) -> None:
    (folder / "report-churn" / "visits").mkdir()
    (folder / "report-churn" / "visits" / "gate.json").write_text(json.dumps(gate("pass")))


def slipped_out(folder: Path) -> None:
    (folder / "conf").mkdir()
    (folder / "conf" / "policy.yaml").write_text("owners: []\n")


def linked(folder: Path) -> None:
    (folder / "report-churn" / "churn" / "gate.json").unlink()
    (folder / "report-churn" / "churn" / "gate.json").symlink_to("/etc/passwd")


def linked_whole(folder: Path) -> None:
    (folder / "report-churn").rename(folder.parent / "kept")
    (folder / "report-churn").symlink_to(folder.parent / "kept")


def a_pipe(folder: Path) -> None:
    os.mkfifo(folder / "report-churn" / "churn" / "pipe")


def another_plan(folder: Path) -> None:
    path = folder / "plan" / "plan.json"
    path.write_text(path.read_text().replace("churn", "chorn"))


def more_than_a_plan(folder: Path) -> None:
    (folder / "plan" / "more").write_text("")


def a_file(folder: Path) -> None:
    (folder / "plan.json").write_text((folder / "plan" / "plan.json").read_text())


FAULTS = {
    swapped: "report-churn: the artifact is not the one its job made",
    of_another_run: "report-old: no job of this run says that it made this artifact",
    slipped_in: "report-churn: the artifact is not the one its job made",
    slipped_out: "conf: no job of this run says that it made this artifact",
    linked: "'gate.json' in report-churn: not a plain file",
    linked_whole: "report-churn: not the folder of an artifact",
    a_pipe: "'pipe' in report-churn: not a plain file",
    another_plan: "plan: the artifact is not the one its job made",
    more_than_a_plan: "plan: the artifact is not the one its job made",
    a_file: "plan.json: not the folder of an artifact",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_anything_else_ends_in_5(fault: Any, evidence: Path) -> None:
    needs = told(evidence)
    fault(evidence)
    with pytest.raises(IntegrityError) as caught:
        places(evidence, needs)
    assert (caught.value.message, caught.value.hint, caught.value.exit_code) == (FAULTS[fault], HINT, 5)


def test_an_artifact_whose_job_told_nothing_is_refused(evidence: Path) -> None:
    with pytest.raises(IntegrityError, match=r"report-churn: no job of this run says"):
        places(evidence, told(evidence, pipeline={"evidence-0": ""}))


def test_a_job_that_was_stopped_leaves_nothing_and_says_nothing(evidence: Path) -> None:
    needs = told(evidence, pipeline={"evidence-0": ""})
    for path in sorted((evidence / "report-churn").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (evidence / "report-churn").rmdir()
    plan = read_plan(evidence)
    assert plan is not None
    judged = read_judged(evidence, plan, places(evidence, needs))
    assert [(item.change.name, item.gate is None) for item in judged] == [
        ("churn", True),
        ("returns", False),
        ("visits", False),
    ]


@pytest.mark.parametrize("needs", ["", "[]", "null", "{", '{"affected": 1}', '{"affected": {"outputs": {"a": 1}}}'])
def test_a_context_that_cannot_be_read_is_no_permission(needs: str, evidence: Path) -> None:
    with pytest.raises(IntegrityError, match=re.escape("the context `needs` cannot be read")):
        places(evidence, needs)


@pytest.mark.parametrize("name", ["../../conf", "/etc", "a/b", ""])
def test_a_batch_cannot_name_a_place_elsewhere(name: str, evidence: Path) -> None:
    batches = json.dumps([{"name": name, "pipelines": "churn", "index": 0}])
    with pytest.raises(IntegrityError, match="the list of batches cannot be read"):
        places(evidence, told(evidence, affected={"batches": batches}))


def test_two_claims_to_one_pipeline_are_refused_without_digests_too(evidence: Path) -> None:
    slipped_in(evidence)
    plan = read_plan(evidence)
    assert plan is not None
    with pytest.raises(IntegrityError) as caught:
        read_judged(evidence, plan)
    assert caught.value.message == ("visits: report-churn and report-visits-and-1-more both claim to be its evidence")


def test_the_verb_reads_the_context_from_where_the_workflow_puts_it(
    evidence: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(make_repository(evidence.parent / "repository"))
    monkeypatch.setenv("MLOPS_NEEDS", told(evidence))
    assert run(["comment", str(evidence)]) == 0
    capsys.readouterr()
    swapped(evidence)
    assert run(["comment", str(evidence)]) == 5
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "report-churn: the artifact is not the one its job made" in shown.err


@pytest.mark.parametrize(
    ("said", "known"),
    [
        (f"sha256:{'a' * 64} sha256:{'b' * 64}", (f"sha256:{'a' * 64}", f"sha256:{'b' * 64}")),
        (f"sha256:{'a' * 64}", (f"sha256:{'a' * 64}", None)),
        (f"sha256:{'a' * 64} sha256:b", (None, None)),
        (f"sha256:{'a' * 64}\nsha256:{'b' * 64}", (None, None)),
        ("", (None, None)),
    ],
)
def test_a_job_tells_its_bundle_and_what_it_said_of_it(said: str, known: tuple[str | None, str | None]) -> None:
    batches = json.dumps([{"name": "churn", "pipelines": "churn", "index": 0}])
    needs = {"affected": {"outputs": {"batches": batches}}, "pipeline": {"outputs": {"bundle-0": said}}}
    item = artifacts.told(json.dumps(needs))["churn"]
    assert (item.bundle, item.statement) == known


def test_rows_that_a_job_made_are_taken_by_the_digest_that_it_told(evidence: Path) -> None:
    made = evidence / "rows-churn/churn"
    assert left_rows(evidence, "churn", told(evidence)) is None, "no job made them"
    needs = json.loads(told(evidence))
    made.mkdir(parents=True)
    (made / "rows.json").write_text("{}")
    assert left_rows(evidence, "churn", json.dumps(needs)) is None, "a job of own code may leave them too"
    needs["framework"] = {"outputs": {"rows-0": digest(evidence / "rows-churn"), "rows-1": "0" * 64}}
    assert left_rows(evidence, "churn", json.dumps(needs)) == made
    assert left_rows(evidence, "visits", json.dumps(needs)) is None, "its artifact did not come"
    (made / "rows.json").write_text("{} ")
    with pytest.raises(IntegrityError, match=r"^rows-churn: the artifact is not the one its job made$"):
        left_rows(evidence, "churn", json.dumps(needs))
