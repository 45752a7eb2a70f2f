"""A pull request that moves the release changes nothing else, and moves it to none that is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

import mlops
import mlops.cli.main as cli
from mlops.operations.judging.release_pin import not_alone, refused_release
from mlops.operations.starting.migrations import Migration, renamed
from mlops.operations.starting.pin import FILE, Pin, Requirements, parse, write
from mlops.operations.starting.upgrade import Wanted, upgrade
from mlops.operations.workspace import open_workspace
from tests.builders.repositories import commit, edit, git, record
from tests.builders.upgrading import EARLIER

pytestmark = pytest.mark.slow

VERSION = mlops.__version__
SPLIT = "split it: one pull request for the upgrade, another for the rest"
PLANT = Migration(
    VERSION, "conf/pipeline/*.yaml", "`about` is called `description`", renamed(("about",), "description")
)


@pytest.fixture
def root(earlier_shop: Path) -> Path:
    return earlier_shop


def move(root: Path, wheel: Path, migrations: tuple[Migration, ...] = ()) -> None:
    def nobody(*_: object) -> int:
        raise AssertionError

    upgrade(root, Wanted(str(wheel)), None, nobody, migrations=migrations)


def found(root: Path, base: str, migrations: tuple[Migration, ...] = ()) -> list[tuple[str, str, str, str]]:
    diagnostics = not_alone(open_workspace(root), base, migrations)
    return [(str(each.position), each.message, each.hint, each.rule) for each in diagnostics]


def mixed(*others: str, after: str = VERSION, before: str = EARLIER) -> tuple[str, str, str, str]:
    message = f"mlops {before} → {after}: an upgrade changes nothing else; also changed: {', '.join(others)}"
    return f"{FILE}:4:1", message, SPLIT, "upgrade-alone"


def test_what_the_verb_wrote_and_what_a_run_recorded_is_an_upgrade(root: Path, wheel: Path) -> None:
    base = git(root, "rev-parse", "HEAD").strip()
    move(root, wheel)
    assert found(root, base) == []
    record(root)
    commit(root, "upgrade, and its run")
    assert "pipelines/churn/dvc.lock" in git(root, "diff", "--name-only", base)
    assert found(root, base) == []
    assert cli.run(["validate", "--base", base]) == 0


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("README.md", "mine\n"),
        ("pipelines/churn/features.py", "x = 1\n"),
        ("pipelines/churn/data/churn.csv", "age,left\n1,0\n"),
        ("vendor/mlops_by_pull_request-9.9-py3-none-any.whl", "another\n"),
        ("mlops/cli.py", "print('a stranger')\n"),
        ("conf/policy.yaml", 'owners: ["@platform"]\n'),
        (".github/workflows/own.yml", "on: push\n"),
        ("pipelines/churn/notes/dvc.lock", "x\n"),
    ],
)
def test_anything_else_is_named(root: Path, wheel: Path, file: str, text: str) -> None:
    move(root, wheel)
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(text)
    assert found(root, "HEAD") == [mixed(file)]


def test_a_compiled_file_that_is_not_what_the_release_writes_is_named(root: Path, wheel: Path) -> None:
    move(root, wheel)
    edit(root, "pipelines/churn/params.yaml", "seed: ", "seed: 1")
    assert found(root, "HEAD") == [mixed("pipelines/churn/params.yaml")]


def test_a_learning_rate_that_comes_along_is_told_to_the_person(
    root: Path, wheel: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    move(root, wheel)
    edit(root, "conf/pipeline/churn.yaml", "at_least: 0.7", "at_least: 0.6")
    assert cli.run(["compile"]) == 0
    capsys.readouterr()
    assert cli.run(["validate", "--base", "HEAD"]) == 4
    assert capsys.readouterr().err == (
        f"requirements.txt:4:1: mlops {EARLIER} → {VERSION}: an upgrade changes nothing else; also changed: "
        "conf/pipeline/churn.yaml [upgrade-alone]\n"
        f"  {SPLIT}\n"
        "1 problem in 1 file\n"
    )


def test_many_others_are_counted(root: Path, wheel: Path) -> None:
    move(root, wheel)
    for number in range(7):
        (root / f"note-{number}").write_text("mine")
    assert found(root, "HEAD") == [mixed("note-0", "note-1", "note-2", "note-3", "note-4 and 2 more")]


def test_yaml_is_taken_only_as_the_release_migrates_it(root: Path, wheel: Path) -> None:
    edit(root, "conf/pipeline/churn.yaml", "description: Who", "about: Who")
    base = commit(root, "as 0.0.9 had it")
    move(root, wheel, (PLANT,))
    assert found(root, base, (PLANT,)) == []
    assert found(root, base) == [mixed("conf/pipeline/churn.yaml")]
    edit(root, "conf/pipeline/churn.yaml", "at_least: 0.7", "at_least: 0.6")
    assert found(root, base, (PLANT,)) != []


def test_an_upgrade_is_taken_back_by_git_and_judged_by_the_release_that_it_goes_back_to(
    root: Path, wheel: Path
) -> None:
    edit(root, "conf/pipeline/churn.yaml", "description: Who", "about: Who")
    commit(root, "as 0.0.9 had it")
    move(root, wheel, (PLANT,))
    base = commit(root, "upgrade")
    git(root, "revert", "--no-edit", "HEAD")
    edit(root, "conf/pipeline/churn.yaml", "about: Who", "description: Who")  # so that this release can read it
    by_another = (
        f"{FILE}:4:1",
        f"this is mlops {VERSION}, and {EARLIER} is pinned: only that release can judge this",
        "install requirements.txt as README.md says, then run this again",
        "upgrade-alone",
    )
    workspace = open_workspace(root)
    git(root, "checkout", "-q", "--", "conf")
    assert [each.message for each in not_alone(workspace, base)] == [by_another[1]]
    edit(root, "conf/pipeline/churn.yaml", "at_least: 0.7", "at_least: 0.6")
    said = [each.message for each in not_alone(workspace, base)]
    assert said == [by_another[1], mixed("conf/pipeline/churn.yaml", after=EARLIER, before=VERSION)[1]]


def test_other_bytes_of_one_version_are_told_apart_by_their_hash(root: Path) -> None:
    pinned = parse((root / FILE).read_text())
    (root / FILE).write_text(write(Requirements(Pin(VERSION, "a" * 64), pinned.lock)))
    base = commit(root, "one")
    (root / FILE).write_text(write(Requirements(Pin(VERSION, "b" * 64), pinned.lock)))
    (root / "README.md").write_text("mine")
    assert found(root, base) == [
        mixed("README.md", before=f"{VERSION} (aaaaaaaaaaaa)", after=f"{VERSION} (bbbbbbbbbbbb)")
    ]


def test_a_pin_that_goes_away_is_refused(root: Path) -> None:
    (root / FILE).unlink()
    place, rule = f"{FILE}:4:1", "upgrade-alone"
    message = "requirements.txt is gone: it pins the release that judges"
    assert found(root, "HEAD") == [(place, message, "take it back from Git", rule)]
    (root / FILE).write_text("click==8\n")
    message = "requirements.txt is not a file that `mlops init` or `mlops upgrade` wrote"
    hint = "take it back from Git: git checkout -- requirements.txt"
    assert found(root, "HEAD") == [(place, message, hint, rule)]


def test_what_moves_no_pin_is_no_upgrade(root: Path) -> None:
    (root / "README.md").write_text("mine")
    edit(root, FILE, "openpyxl==3.1.5", "openpyxl==3.1.6")
    assert found(root, "HEAD") == []


def test_a_refused_release_is_refused_by_the_policy_of_now_and_of_the_base(root: Path, wheel: Path) -> None:
    policy = root / "conf/policy.yaml"
    policy.write_text(policy.read_text() + f'versions: {{refused: ["{EARLIER}"]}}\n')
    hint = "name another release: mlops upgrade --to VERSION"
    message = f"mlops {EARLIER} must not be used: conf/policy.yaml refuses `{EARLIER}`"
    (diagnostic,) = refused_release(open_workspace(root))
    assert (str(diagnostic.position), diagnostic.message, diagnostic.hint) == (f"{FILE}:4:1", message, hint)
    assert (diagnostic.rule, diagnostic.severity) == ("release-refused", "error")
    base = commit(root, "refuse")
    edit(root, "conf/policy.yaml", EARLIER, "0.0.1")
    assert refused_release(open_workspace(root)) == []
    said = f"conf/policy.yaml of {base[:8]}, which this change is judged by, refuses `{EARLIER}`"
    assert found(root, base) == [(f"{FILE}:4:1", f"mlops {EARLIER} must not be used: {said}", hint, "release-refused")]
    git(root, "checkout", "-q", "--", "conf/policy.yaml")
    move(root, wheel)
    assert refused_release(open_workspace(root)) == []
