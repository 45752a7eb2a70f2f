"""The scripts of the jobs after a merge, run as GitHub runs them, with a recording stand-in for `mlops`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.builders.repositories import commit, git
from tests.builders.scripts import JOBS, calls, fake, needs_jq, outputs, run, script
from tests.runner.api import Api

pytestmark = pytest.mark.slow

NOTHING = "0" * 40
LEFT = {"names": "left"}
FIND = script("main/take", "Find the new bundles")
LOOK = script("main/take", "Find what was judged")
BRING = script("main/register", "Take over what was judged")


@pytest.fixture
def change(tmp_path: Path) -> Path:
    """Lay out what was merged, beside a judge; both are empty."""
    (tmp_path / "change").mkdir()
    git(tmp_path / "change", "init", "-q", "-b", "main")
    return tmp_path / "change"


def played(change: Path, text: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script of a job that judges: it is called where the judge lies."""
    summary = {"GITHUB_STEP_SUMMARY": str(change.parent / "summary")}
    return run(change.parent, text, **summary, **environment)


def told(change: Path) -> dict[str, str]:
    return outputs(change.parent) if (change.parent / "output").exists() else {}


def bundled(change: Path, *names: str) -> None:
    """Commit the report of a bundle for each pipeline, one after the other."""
    for name in names:
        (change / "pipelines" / name / "reports").mkdir(parents=True)
        (change / "pipelines" / name / "reports" / "bundle.json").write_text("{}")
        commit(change, name)


@needs_jq
@pytest.mark.parametrize(
    ("before", "expected"), [("HEAD~1", "visits"), ("HEAD", ""), (NOTHING, "churn visits"), ("", "churn visits")]
)
def test_a_bundle_is_new_where_the_merge_brought_its_report(before: str, expected: str, change: Path) -> None:
    bundled(change, "churn", "visits")
    fake(change.parent, """echo '{"affected": []}'""")
    sha = git(change, "rev-parse", before).strip() if before.startswith("HEAD") else before
    done = played(change, FIND, BEFORE=sha)
    assert done.returncode == 0, done.stderr
    assert told(change) == {"names": expected}
    assert calls(change) == [f"plan{f' --base {sha}' if before.startswith('HEAD') else ''} -o json", "compile --check"]


@needs_jq
def test_what_is_verified_alone_registers_nothing_new_and_what_was_left_to_ci_is_made(change: Path) -> None:
    bundled(change, "first")
    before = git(change, "rev-parse", "HEAD").strip()
    bundled(change, "home")
    fake(change.parent, """echo '{"affected": ["pinned", "left", "home"], "verified": ["pinned"]}'""")
    assert played(change, FIND, BEFORE=before).returncode == 0
    assert told(change) == {"names": "home left"}


@needs_jq
@pytest.mark.parametrize(
    ("code", "ends", "names"),
    [(0, 0, LEFT), (2, 0, LEFT), (1, 7, {}), (4, 4, {}), (6, 6, {})],
)
def test_a_plan_that_cannot_be_made_stops_and_one_beyond_its_budget_does_not(
    code: int, ends: int, names: dict[str, str], change: Path
) -> None:
    """Without its answer, what was left to CI would be passed over as if there were nothing to do."""
    bundled(change, "first")
    fake(change.parent, f"""[ "$1" = plan ] || exit 0; echo '{{"affected": ["left"]}}'; exit {code}""")
    done = played(change, FIND, BEFORE=git(change, "rev-parse", "HEAD").strip(), JUDGE="1234")
    assert done.returncode == ends, done.stderr
    assert told(change) == names


UNREAD = (
    "**Nothing is registered.** What main was before, `1234`, judges, and it cannot read what was merged, or\n"
    "compiles it otherwise. Where mlops itself is another now: merge anything after it, then start this workflow\n"
    "by hand; the code that was merged judges from then on. A change of mlops is best merged by itself.\n"
)


@needs_jq
def test_what_the_judge_compiles_otherwise_is_not_judged_by_it(change: Path) -> None:
    bundled(change, "churn")
    fake(change.parent, """[ "$1" = plan ] || exit 1; echo '{"affected": []}'""")
    done = played(change, FIND, BEFORE="", JUDGE="1234")
    assert (done.returncode, told(change)) == (7, {})
    said = (
        "::error title=Nothing is registered::1234, whose code judges, cannot read what was merged: see what it says\n"
    )
    assert done.stdout == said
    assert (change.parent / "summary").read_text() == UNREAD


@needs_jq
def test_another_mlops_that_brings_no_bundle_is_told_and_harms_nothing(change: Path) -> None:
    bundled(change, "churn")
    fake(change.parent, """[ "$1" = plan ] || exit 1; echo '{"affected": []}'""")
    done = played(change, FIND, BEFORE=git(change, "rev-parse", "HEAD").strip())
    assert (done.returncode, told(change)) == (0, {"names": ""})
    assert done.stdout == (
        "::notice title=Compiled by another mlops::what that makes anew is found by a run that is started by hand\n"
    )


@needs_jq
def test_what_is_recorded_and_kept_needs_no_making_and_the_rest_is_looked_for(change: Path) -> None:
    codes = """case "$1 $2" in
  "verify kept") exit 0 ;; verify*) exit 3 ;; *gone) exit 6 ;; *refused) exit 5 ;; *broken) exit 1 ;;
esac
echo "$2 sha256:1\""""
    fake(change.parent, codes)
    (change / "pipelines/kept/artifacts/bundle").mkdir(parents=True)
    done = played(change, LOOK, PIPELINES="kept good gone refused broken")
    assert done.returncode == 0, done.stderr
    assert told(change) == {"taken": "good=sha256:1", "recorded": "kept", "gone": "gone refused"}
    assert done.stdout.splitlines() == [
        "::notice title=gone is made again::what its pull request judged cannot be had",
        "::warning title=refused: an artifact was refused::it is not what its job made: refused is made again",
        "::error title=broken was not taken over::and is not registered: see what it says",
    ]


def test_what_is_recorded_and_in_no_remote_is_to_be_made(change: Path) -> None:
    fake(change.parent, '[ "$1" != adopt ] || exit 6')
    assert played(change, LOOK, PIPELINES="churn").returncode == 0
    assert told(change) == {"taken": "", "recorded": "", "gone": "churn"}


def test_what_was_found_is_brought_by_its_digest_and_nothing_else_is(change: Path) -> None:
    codes = """case "$*" in
  *--made*) [ "$2" != worse ] || exit 5; echo made > "pipelines/$2/dvc.lock" ;;
  "adopt good" | "adopt swapped") echo "$2 sha256:1" ;;
  *) exit 6 ;;
esac"""
    fake(change.parent, codes)
    for name in ("made", "worse"):
        (change.parent / "made" / name).mkdir(parents=True)
    names = ("good", "kept", "made")
    for name in names:
        (change / f"pipelines/{name}/artifacts/evaluation").mkdir(parents=True)
        (change / f"pipelines/{name}/dvc.lock").write_text("recorded")
    commit(change)
    given = {"TAKEN": "good=sha256:1 swapped=sha256:2", "RECORDED": "kept", "GONE": "made worse unmade"}
    done = played(change, BRING, PIPELINES="good swapped kept made worse unmade unknown", **given)
    assert done.returncode == 0, done.stderr
    assert told(change) == {"ready": "good kept made", "failed": "swapped worse unmade unknown"}
    assert [name for name in names if (change / f"pipelines/{name}/artifacts/evaluation").exists()] == ["good", "kept"]
    assert done.stdout == (
        "::error title=swapped: another bundle::what is taken over now is not what was found: run this workflow again\n"
    )


def made(folder: Path) -> tuple[str, str]:
    """Collect what was made of two pipelines; give the digest that was told, and what ends it where it is red."""
    for name in ("churn", "visits"):
        here = folder / "pipelines" / name
        (here / "reports").mkdir(parents=True)
        (here / "artifacts/bundle").mkdir(parents=True)
        for file in ("reports/gate.json", "reports/.hidden", "dvc.lock", "artifacts/bundle/model.onnx"):
            (here / file).write_text(name)
    done = run(folder, script("main/make", "Collect what was made"), PIPELINES="churn visits")
    assert done.returncode == 0, done.stderr
    return outputs(folder)["digest"], done.stdout


@pytest.mark.parametrize("harm", ["", "more", "other", "link", "digest"])
def test_what_another_job_made_is_what_it_told_of_or_is_thrown_away(harm: str, tmp_path: Path) -> None:
    digest, _ = made(tmp_path)
    kept = tmp_path / "made/churn"
    assert sorted(path.name for path in kept.iterdir()) == ["bundle", "dvc.lock", "gate.json"]
    if harm == "more":
        (kept / ".more").write_text("")
    elif harm == "other":
        (kept / "dvc.lock").write_text("another")
    elif harm == "link":
        (kept / "more").symlink_to("/etc")
    done = run(
        tmp_path,
        script("main/register", "Hold it against what its job told"),
        DIGEST="" if harm == "digest" else digest,
    )
    assert done.returncode == 0, done.stderr
    assert kept.exists() == (not harm)
    said = "::error title=What was made is refused::the artifact is not the one that its job made\n"
    assert done.stdout == (said if harm else "")


def test_what_cannot_be_made_stops_no_other_and_is_named(tmp_path: Path) -> None:
    fake(tmp_path, 'case "$1 $2" in "run worst") exit 2 ;; esac')
    done = run(tmp_path, script("main/make", "Make"), PIPELINES="good worst better")
    assert done.returncode == 0, done.stderr
    assert outputs(tmp_path) == {"made": "good better", "failed": "worst"}
    done = run(tmp_path, script("main/make", "Say what was not made"), PIPELINES="worst")
    assert (done.returncode, done.stdout) == (
        1,
        "::error title=worst could not be made::or it did not pass: the log of the step that made it says why\n",
    )


def test_what_does_not_agree_with_itself_stops_no_other(change: Path) -> None:
    fake(change.parent, '[ "$2" != worse ] || exit 5')
    assert played(change, script("main/register", "Verify the recorded runs"), PIPELINES="good worse").returncode == 0
    assert told(change) == {"passed": "good", "failed": "worse"}


def judge(change: Path, before: str) -> tuple[dict[str, str], list[str]]:
    """Judge three pipelines, one of which fails the gate and one of which is not what was recorded."""
    for name in ("good", "worse", "forged"):
        (change / "pipelines" / name).mkdir(parents=True)
        (change / "pipelines" / name / "params.yaml").write_text(name)
        commit(change, name)
    fake(change.parent, 'case "$1 $2" in "gate worse") exit 2 ;; "gate forged") exit 5 ;; esac')
    sha = git(change, "rev-parse", before).strip() if before else ""
    done = played(change, script("main/register", "Judge again"), PIPELINES="good worse forged", BEFORE=sha)
    assert done.returncode == 0, done.stderr
    return told(change), calls(change)


def test_what_is_to_be_registered_is_judged_again_by_the_rules_before_the_push_too(change: Path) -> None:
    found, called = judge(change, "HEAD~2")
    base = git(change, "rev-parse", "HEAD~2").strip()
    assert found == {"passed": "good", "failed": "worse forged"}
    assert called == [f"gate {name} --base {base} --explain -o md" for name in ("good", "worse", "forged")]


def test_of_a_dispatch_the_base_is_the_commit_before_the_pipelines_last(change: Path) -> None:
    _, called = judge(change, "")
    first, before = (git(change, "rev-parse", commit).strip() for commit in ("HEAD~2", "HEAD~1"))
    assert called == [
        "gate good --base HEAD --explain -o md",  # its commit is the first of all: nothing was there before
        f"gate worse --base {first} --explain -o md",
        f"gate forged --base {before} --explain -o md",
    ]


@pytest.mark.parametrize("code", [2, 6, 7])
def test_what_is_worse_than_what_is_live_by_now_stops_no_other_and_fails_the_job(code: int, change: Path) -> None:
    fake(change.parent, f'case "$2" in worse) exit {code} ;; broken) exit 5 ;; esac')
    registering = script("main/register", "Register")
    done = played(change, registering, PIPELINES="good worse broken better")
    assert done.returncode == 0, done.stderr
    assert told(change) == {"registered": "good better", "unfit": "worse", "failed": "broken"}
    told_of = script("main/register", "Say what was not registered beside what is live")
    assert played(change, told_of, PIPELINES="worse").returncode == 1
    assert "`mlops waive worse`" in (change.parent / "summary").read_text()


def test_what_did_not_pass_is_named_with_what_to_do_and_the_job_is_red(change: Path) -> None:
    done = played(change, script("main/register", "Say what is not registered"), PIPELINES="worse")
    assert done.returncode == 1
    said = (
        "::error title=worse is not registered::it did not pass, or could not be made again here; nothing went live\n"
    )
    assert (done.stdout, done.stderr) == (said, "")
    assert (change.parent / "summary").read_text() == (
        "**worse is not registered.** What its data and its bundle come to here did not pass, is not what was\n"
        "recorded, or could not be made: the log of the step that made or judged it says why. What is live stays so.\n"
        "Run this workflow again; or train it at home (`mlops run worse`), `dvc push`, and bring its\n"
        "`dvc.lock` and reports by a pull request.\n"
    )


RECORDED = """case "$1 $2" in
  "record churn") echo '[{"state": "recorded"}]' ;;
  "record visits") echo '[{"state": "proposed"}]' ;;
esac"""


@needs_jq
def test_what_git_records_is_proposed_where_the_project_says_and_the_rest_is_recorded_first(change: Path) -> None:
    fake(change.parent, RECORDED)
    name = "Propose the records and the releases"
    (step,) = [step for step in JOBS["main/register"]["steps"] if step["name"] == name]
    assert step["env"]["ENVIRONMENTS"] == "staging"
    done = played(change, step["run"], ENVIRONMENTS="staging", PIPELINES="churn visits")
    assert done.returncode == 0, done.stderr
    assert calls(change) == ["record churn -o json", "release churn --env staging --propose", "record visits -o json"]


@needs_jq
def test_a_record_that_cannot_be_proposed_ends_the_job(change: Path) -> None:
    fake(change.parent, "exit 6")
    proposing = script("main/register", "Propose the records and the releases")
    assert played(change, proposing, ENVIRONMENTS="staging", PIPELINES="churn visits").returncode == 6
    assert calls(change) == ["record churn -o json"]


BEFORE = script("main/before", "Find what main was before")
FIRST = "::notice title=The first one judges itself::main had no conf/project.yaml before: this judges the next\n"


@pytest.fixture
def merged(tmp_path: Path) -> list[str]:
    """Make a main branch of four commits: none of ours, the first of ours, one that lost its settings, and the last."""
    commits = []
    for number, ours in enumerate((False, True, False, True)):
        settings = tmp_path / "conf/project.yaml"
        settings.unlink(missing_ok=True)
        (tmp_path / "README").write_text(str(number))
        if ours:
            settings.parent.mkdir(exist_ok=True)
            settings.write_text("name: shop\n")
        commits.append(commit(tmp_path, str(number)))
    return commits


def judged_by(folder: Path, before: str, **environment: str) -> tuple[int, str, str]:
    done = run(folder, BEFORE, BEFORE=before, **environment)
    found = outputs(folder) if (folder / "output").exists() else {}
    return done.returncode, found.get("judge", ""), done.stdout


def test_what_main_was_before_a_push_judges_it(merged: list[str], tmp_path: Path) -> None:
    assert judged_by(tmp_path, merged[1]) == (0, merged[1], "")
    assert outputs(tmp_path)["commit"] == merged[3]


def test_where_main_had_no_settings_before_the_first_judges_itself_and_says_so(
    merged: list[str], tmp_path: Path
) -> None:
    assert judged_by(tmp_path, merged[0]) == (0, merged[3], FIRST)
    assert judged_by(tmp_path, NOTHING) == (0, merged[3], FIRST)


def test_whoever_took_the_settings_away_does_not_judge_what_comes_next_himself(
    merged: list[str], tmp_path: Path
) -> None:
    said = f"{merged[2]}, which main was before, lost its conf/project.yaml: merge anything"
    assert judged_by(tmp_path, merged[2]) == (7, "", f"::error title=Nobody can judge::{said}\n")


def test_what_main_was_before_it_was_moved_with_force_judges_nothing(merged: list[str], tmp_path: Path) -> None:
    git(tmp_path, "checkout", "-q", "-b", "other", merged[1])
    (tmp_path / "README").write_text("other")
    other = commit(tmp_path, "other")
    git(tmp_path, "checkout", "-q", "main")
    for gone in (other, "1" * 40):
        said = f"::error title=Nobody can judge::{gone}, which main was before, is not in its history: merge anything\n"
        assert judged_by(tmp_path, gone) == (4, "", said)


@needs_jq
def test_a_dispatch_is_judged_by_what_main_was_before_the_last_push_and_not_by_a_commit_of_it(
    merged: list[str], tmp_path: Path
) -> None:
    with Api() as api:
        api.tokens["token"] = {"contents": "read"}
        api.ran.moves = [
            {"before": merged[1], "after": merged[3], "ref": "refs/heads/main"},
            {"before": merged[0], "after": merged[1], "ref": "refs/heads/main"},
        ]
        asked = {"GITHUB_API_URL": api.url, "GITHUB_REPOSITORY": "shop/models", "GITHUB_REF": "refs/heads/main"}
        assert judged_by(tmp_path, "", **asked, GITHUB_TOKEN="token") == (0, merged[1], "")
        (tmp_path / "output").unlink()
        said = f"GitHub does not say what main was before {merged[3]}: run the last push's run again"
        said = f"::error title=Nobody can judge::{said}\n"
        assert judged_by(tmp_path, "", **asked, GITHUB_TOKEN="of nobody") == (6, "", said)
        del api.ran.moves[0]
        assert judged_by(tmp_path, "", **asked, GITHUB_TOKEN="token") == (6, "", said)
