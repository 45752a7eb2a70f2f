"""A change judged beside the commit that judges it: what its job left is data, and it has no say in what is judged."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from mlops.cli.main import run
from mlops.operations.auditing.enter import enter
from mlops.operations.dvc.lock import md5_tree
from mlops.operations.judging import beside, held, replay
from mlops.operations.reviewing import artifacts
from mlops.operations.verdicts import cost
from tests.builders.repositories import commit, edit, git
from tests.builders.trained import in_this_process, trained_shop

pytestmark = pytest.mark.slow
CHURN = "pipelines/churn"


@pytest.fixture
def _made() -> Path:
    """A repository that was never trained, and one commit later a run of it."""
    return trained_shop()


@pytest.fixture
def team(_made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a job has: the base at its top, the change in `change/`, and what the run left in `left/`."""
    monkeypatch.setattr(replay, "run_again", in_this_process)
    monkeypatch.delenv("MLOPS_NEEDS", raising=False)
    home = tmp_path / "work"
    git(tmp_path, "clone", "-q", str(_made), str(home))
    git(home, "checkout", "-q", "HEAD^")
    git(tmp_path, "clone", "-q", str(_made), str(home / "change"))
    left = home / "left/report-churn/churn"
    shutil.copytree(_made / CHURN / "reports", left)
    shutil.copytree(_made / CHURN / "artifacts/bundle", left / "bundle")
    shutil.copyfile(_made / CHURN / "dvc.lock", left / "dvc.lock")
    (left / "exit-code").write_text("0\n")
    (left / "seconds").write_text("1000\n")
    monkeypatch.chdir(home)
    return home


def needs(home: Path, *names: str) -> str:
    """Give what the jobs of a run told, as the job that comes after them reads it."""
    batch = {"name": "churn", "pipelines": " ".join(names), "index": 0}
    digest = artifacts.digest(home / "left/report-churn")
    jobs = {"affected": {"batches": json.dumps([batch])}, "pipeline": {"evidence-0": digest}}
    return json.dumps({name: {"outputs": outputs} for name, outputs in jobs.items()})


def judged(home: Path, *words: str, told: str | None = None) -> int:
    told = needs(home, "churn") if told is None else told
    return run(["judge", *words, "--change", "change", "--evidence", "left", "--needs", told, "--record", "evidence"])


def test_what_a_job_left_is_judged_by_the_base(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("reports", "ledger"):
        shutil.rmtree(team / "change" / CHURN / folder)
    assert judged(team, "churn") == 0
    shown = capsys.readouterr()
    assert "verdict: pass" in shown.out
    assert shown.err.startswith(f"affected, as {git(team, 'rev-parse', 'HEAD')[:8]} plans it: churn\n")
    assert "what is recorded agrees" in shown.err
    assert re.search(r"^churn: judged in \d+\.\d s of 300 s allowed: 0\.\d+ of its run$", shown.err, re.MULTILINE)
    assert "::warning" not in shown.err
    record = json.loads((team / "evidence/churn/judged.json").read_bytes())
    assert (record["verdict"], record["champion"]) == ("pass", None)


def test_what_is_judged_for_longer_than_it_should_is_warned_of_and_passes(
    team: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cost, "LEAST", 0.0)
    monkeypatch.setattr(cost, "SHARE", 0.0)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert judged(team, "churn") == 0
    shown = capsys.readouterr()
    assert "\n::warning title=churn took long to judge::" in shown.err
    assert " of its run; 0.3 of its run, or a minute, is what it should\n" in shown.err


def test_a_change_is_held_to_its_ledger(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (entry,) = (team / "change" / CHURN / "ledger/model").iterdir()
    entry.unlink()
    commit(team / "change", "Without its entry")
    assert judged(team, "churn") == 5
    said = capsys.readouterr().err
    assert f"churn: the ledger does not hold\n  {CHURN}/ledger/model has no entry of the verdict of sha256:" in said
    assert "hint: mlops enter churn, then git add -A pipelines/churn/ledger, and commit it\n" in said


def test_a_release_that_slips_the_check_of_the_change_is_refused_though_nothing_is_affected(
    team: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    git(team, "checkout", "-q", "-")
    change, words = team / "change", ["judge", "--change", "change", "--needs", needs(team)]
    release = change / "conf/release/prod/churn.yaml"
    release.parent.mkdir(parents=True)

    def proposed(bundle: str, *, entered: bool) -> tuple[int, str]:
        release.write_text(f"bundle: {bundle}\n")
        if entered:
            enter(change, "churn")
        commit(change, "Release")
        return run(words), capsys.readouterr().err

    base = git(team, "rev-parse", "HEAD")[:8]
    recorded, unknown = (
        json.loads((change / CHURN / "reports/bundle.json").read_bytes())["digest"],
        f"sha256:{'5' * 64}",
    )
    for bundle, entered, code, said in (
        (recorded, False, 5, f"{CHURN}/ledger/prod has no entry of the release of {recorded[:19]}\n"),
        (recorded, True, 0, f"affected, as {base} plans it: nothing\n"),
        (
            unknown,
            True,
            5,
            f"{base}, which this is to be merged into, does not record the run that made {unknown[:19]}…\n",
        ),
    ):
        found, shown = proposed(bundle, entered=entered)
        assert (found, said in shown) == (code, True), shown
    monkeypatch.setattr(beside, "hold_decided", lambda *_: None)
    assert run(words) == 0  # nobody else looks


def test_an_artifact_that_its_job_did_not_tell_of_is_refused(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = needs(team, "churn")
    edit(team, "left/report-churn/churn/gate.json", '"pass"', '"pass" ')
    assert judged(team, "churn", told=told) == 5
    assert "report-churn: the artifact is not the one its job made\n" in capsys.readouterr().err


def test_a_forged_report_that_its_job_told_of_is_found(
    team: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = team / "left/report-churn/churn"
    metrics = json.loads((place / "metrics.json").read_bytes())
    metrics["models"]["candidate"]["auroc"]["value"] = 0.999
    (place / "metrics.json").write_text(json.dumps(metrics))
    before = md5_tree(team / "change" / CHURN / "reports/metrics.json")
    lock = (place / "dvc.lock").read_text()
    (place / "dvc.lock").write_text(lock.replace(str(before), str(md5_tree(place / "metrics.json"))))
    assert judged(team, "churn") == 5
    assert "churn: metrics.json is not the one that the statement about sha256:" in capsys.readouterr().err
    monkeypatch.setattr(held, "bundle_findings", lambda *_: ())  # were the statement forged as well
    assert judged(team, "churn") == 5
    assert "reports/metrics.json says auroc 0.999 of candidate: it is 0." in capsys.readouterr().err


def test_a_lock_that_names_what_lies_elsewhere_is_refused(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(team, "left/report-churn/churn/dvc.lock", "path: artifacts/evaluation", "path: artifacts/../../../../left")
    assert judged(team, "churn") == 5
    assert "churn: dvc.lock is not one that DVC wrote\n" in capsys.readouterr().err
    assert (team / "left").is_dir()
    edit(team / "change", f"{CHURN}/dvc.lock", "path: artifacts/evaluation", "path: artifacts/../../../../left")
    assert run(["judge", "churn", "--change", "change"]) == 5
    assert "churn: dvc.lock names 'artifacts/../../../../left'\n" in capsys.readouterr().err


def test_an_affected_pipeline_that_the_plan_of_the_change_hides_is_not_passed_over(
    team: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert judged(team, told=needs(team)) == 5
    assert "churn: affected, and no job judges it\n" in capsys.readouterr().err


def test_a_run_that_stopped_leaves_nothing_to_judge(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (team / "left/report-churn/churn/exit-code").write_text("4\n")
    assert judged(team, "churn") == 6
    assert "churn: its run ended with 4: there is nothing to judge\n" in capsys.readouterr().err


def test_a_run_that_did_not_pass_left_no_package_and_one_that_passes_must(
    team: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (team / "left/report-churn/churn/exit-code").write_text("2\n")
    assert judged(team, "churn") == 5
    assert "churn: what passes was not packaged\n" in capsys.readouterr().err


def test_a_gate_that_the_change_lowers_is_judged_as_it_was(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(team, "conf/pipeline/churn.yaml", "at_least: 0.85", "at_least: 0.999")
    assert run(["compile"]) == 0
    commit(team, "The base asks for more")
    git(team / "change", "fetch", "-q", str(team), "HEAD")
    assert judged(team, "churn") == 2
    assert "by the rules of " in capsys.readouterr().out


@pytest.fixture
def moved(team: Path) -> Path:
    """The change moves the framework, whose other code compiled it and ran it."""
    change, lock = team / "change", team / "left/report-churn/churn/dvc.lock"
    code = re.search(r"code: (\w{16})", (change / CHURN / "params.yaml").read_text())
    assert code is not None
    for place in (change / CHURN / "params.yaml", lock):
        place.write_text(place.read_text().replace(code[1], "0123456789abcdef"))
    with (change / "Makefile").open("a") as file:
        file.write("# another version\n")
    commit(change, "Another version of the framework")
    return team


def test_a_change_of_the_framework_is_judged_by_the_rules_and_the_code_of_the_base(
    moved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert judged(moved, "churn") == 0
    base = git(moved, "rev-parse", "HEAD")[:8]
    said = f"churn: framework-change: another version compiled it; {base}'s judged it\n"
    assert capsys.readouterr().err.endswith(said)


def test_a_new_pipeline_that_only_another_version_compiled_rules_for_is_not_judged(
    moved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(moved, "rm", "-q", "--cached", f"{CHURN}/params.yaml")
    git(moved, "commit", "-q", "-m", "It was not there before")
    git(moved / "change", "fetch", "-q", str(moved), "HEAD")
    assert judged(moved, "churn") == 7
    assert "framework-change: by the code of" in (said := capsys.readouterr().err)
    assert "hint: merge what changes Makefile first, in a pull request of its own\n" in said


def test_what_the_code_of_the_base_cannot_read_is_no_fault_and_no_pass(
    moved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(moved / "change", "conf/pipeline/churn.yaml", "risk: limited", "risk: limited\nnovel: key")
    commit(moved / "change", "A key of the new version")
    assert judged(moved, "churn") == 7
    assert "framework-change: by the code of" in capsys.readouterr().err


def test_without_a_change_of_the_framework_another_compile_is_stale(
    team: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(team / "change", f"{CHURN}/params.yaml", "at_least: 0.85", "at_least: 0.1")
    commit(team / "change", "Lower the bound where nobody looks")
    assert judged(team, "churn") == 3
    assert f"churn: {CHURN}/params.yaml is not what the YAML compiles to\n" in capsys.readouterr().err
