"""Moving a repository to another release: what moves, what is said, and that all of it happens or nothing."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

import mlops
import mlops.cli.main as cli
from mlops.errors import MlopsError
from mlops.operations.compiling.compile import check_files
from mlops.operations.starting.lock import needs, shipped
from mlops.operations.starting.migrations import Migration, renamed
from mlops.operations.starting.pin import FILE, Pin, Requirements, blocks, parse, versions, write
from mlops.operations.starting.upgrade import Wanted, upgrade
from mlops.operations.starting.upgraded import Upgraded, body, lines
from mlops.operations.starting.wheel import Source
from mlops.operations.workspace import open_workspace
from tests.builders.repositories import commit, edit, git, record
from tests.builders.upgrading import EARLIER, make_earlier
from tests.builders.zipped_wheels import NAME, make_later_wheel
from tests.runner.api import Api

pytestmark = pytest.mark.slow

VERSION = mlops.__version__
OLD = f"vendor/mlops_by_pull_request-{EARLIER}-py3-none-any.whl"
NEW = f"vendor/{NAME}"
MOVED = ["pipelines/churn/params.yaml", "requirements.txt", OLD, NEW]


@pytest.fixture
def root(earlier_shop: Path) -> Path:
    return earlier_shop


def nobody(wheel: Path, root: Path, arguments: Sequence[str]) -> int:
    raise AssertionError("another release was called")


def moved(root: Path, wheel: Path, **options: bool) -> Upgraded:
    done = upgrade(root, Wanted(str(wheel), **options), None, nobody)  # type: ignore[arg-type]
    assert isinstance(done, Upgraded)
    return done


def refused(root: Path, wanted: Wanted, source: Source | None = None) -> tuple[str, str, int]:
    before = git(root, "status", "--porcelain")
    with pytest.raises(MlopsError) as caught:
        upgrade(root, wanted, source, nobody)
    assert git(root, "status", "--porcelain") == before, "something was written"
    return caught.value.message, caught.value.hint, caught.value.exit_code


def changed(root: Path) -> list[str]:
    git(root, "add", "-A", "--intent-to-add")
    return sorted(git(root, "diff", "--no-renames", "--name-only", "HEAD").split())


def test_pin_lock_and_compiled_files_move_and_the_old_wheel_goes(root: Path, wheel: Path) -> None:
    done = moved(root, wheel)
    assert changed(root) == sorted(done.files) == MOVED
    requirements = parse((root / FILE).read_text())
    assert requirements.pin == Pin(VERSION, hashlib.sha256(wheel.read_bytes()).hexdigest(), f"./{NEW}")
    assert (root / NEW).read_bytes() == wheel.read_bytes()
    assert not (root / OLD).exists()
    assert check_files(open_workspace(root)) == ()
    assert done.undo == f"git restore . && rm {NEW}"
    assert not list((root / ".mlops").glob("upgrade-*"))


def test_undo_is_what_is_said(root: Path, wheel: Path) -> None:
    subprocess.run(["sh", "-c", moved(root, wheel).undo], cwd=root, check=True)
    assert git(root, "status", "--porcelain") == ""


def test_what_people_added_to_the_lock_stays_and_what_the_release_brought_goes(root: Path, wheel: Path) -> None:
    done = moved(root, wheel)
    now = parse((root / FILE).read_text()).versions()
    assert (now["openpyxl"], "old" in now, done.kept) == ("3.1.5", False, ("openpyxl",))
    assert done.packages == (f"numpy 1.0.0 → {now['numpy']}", "old 1.0 → gone")


def test_of_a_release_that_is_not_at_hand_nothing_is_taken_out(tmp_path: Path, wheel: Path) -> None:
    root = make_earlier(tmp_path / "index", kept=False)
    assert moved(root, wheel).kept == ("old", "openpyxl")


def test_stale_stages_are_told_with_their_reasons(root: Path, wheel: Path) -> None:
    numpy = versions(shipped())["numpy"]
    said = list(lines(moved(root, wheel, dry=True)))
    stages = ("ingest", "validate", "split", "features", "train", "bundle", "evaluate", "gate", "package")
    assert said == [
        f"{EARLIER} → {VERSION}    ./{NEW}",
        "churn",
        *(f"  ~ {stage:<12}  numpy 1.0.0 → {numpy}" for stage in stages),
    ]
    assert changed(root) == []


def test_the_same_wheel_again_is_nothing_to_do(root: Path, wheel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    moved(root, wheel)
    commit(root, "upgrade")
    assert moved(root, wheel).done == "nothing to do"
    assert cli.run(["upgrade", "--from", str(wheel)]) == 0
    assert capsys.readouterr().err == "requirements.txt pins this wheel already\n"


def test_the_pinned_wheel_of_another_program_is_not_installed_to_find_nothing_to_do(root: Path, tmp_path: Path) -> None:
    assert moved(root, Path(shutil.copy(root / OLD, tmp_path))).done == "nothing to do"


def remote_on(root: Path, url: str) -> None:
    """Give DVC a remote, as `dvc remote add` writes it, and commit it."""
    (root / ".dvc").mkdir(exist_ok=True)
    with (root / ".dvc/config").open("a") as config:
        config.write(f"['remote \"storage\"']\n    url = {url}\n    verify = true\n")
    commit(root, "remote")


def test_a_remote_brings_the_new_releases_lock_for_its_store(root: Path, wheel: Path) -> None:
    """One that people made themselves is replaced, as far as the release names it: it fits what else is locked."""
    pinned = parse((root / FILE).read_text())
    own = f"dvc-s3==3.2.0 \\\n    --hash=sha256:{'d' * 64}\n"
    (root / FILE).write_text(write(Requirements(pinned.pin, "".join(sorted([*blocks(pinned.lock), own])))))
    remote_on(root, "s3://bucket/x")
    done = moved(root, wheel)
    now = parse((root / FILE).read_text())
    assert now.versions().items() >= versions(shipped(stores=("s3",))).items()
    assert done.kept == ("openpyxl",)
    assert f"dvc-s3 3.2.0 → {now.versions()['dvc-s3']}" in done.packages


def test_a_remote_that_came_later_is_served_by_the_same_release(
    root: Path, wheel: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved(root, wheel)
    record(root)
    commit(root, "upgrade")
    before = parse((root / FILE).read_text())
    remote_on(root, "s3://bucket/x")
    assert cli.run(["upgrade", "--from", str(wheel)]) == 0
    after = parse((root / FILE).read_text())
    assert after.pin == before.pin
    assert set(blocks(before.lock)) <= set(blocks(after.lock))
    assert after.versions().keys() - before.versions().keys() == needs("s3")
    assert blocks(after.lock) == sorted(blocks(after.lock))
    assert changed(root) == [FILE]
    added = [f"  + {name} {after.versions()[name]}" for name in sorted(needs("s3"))]
    assert capsys.readouterr() == (
        "\n".join([f"{VERSION}    ./{NEW}", *added, "no stage becomes stale"]) + "\n",
        "1 file written\n"
        "undo: git restore .\n"
        "next: install requirements.txt as README.md says, mlops run --all, and commit all of it as one change\n",
    )
    commit(root, "served")
    assert moved(root, wheel).done == "nothing to do"


def test_what_a_later_remote_needs_is_proposed_as_that(root: Path, wheel: Path) -> None:
    moved(root, wheel)
    commit(root, "upgrade")
    remote_on(root, "s3://bucket/x")
    done = moved(root, wheel, propose=True)
    assert done.proposed is not None
    assert "git commit -m 'Lock what DVC needs for its remotes'" in done.proposed.text
    text = body(done)
    said = "The release stays: requirements.txt lacked what DVC needs for a remote. To take it back: `git revert`.\n"
    assert text.startswith(f"**mlops {VERSION}**\n")
    assert "The lock:\n\n- aiobotocore " in text
    assert text.endswith(said)


def test_a_work_tree_of_its_own_is_moved_like_any_other(root: Path, wheel: Path, tmp_path: Path) -> None:
    """Its `.git` is a file, and a link of a person's is a link in the rehearsal too."""
    (root / "latest").symlink_to("conf")
    commit(root, "link")
    git(root, "worktree", "add", "-q", str(tmp_path / "second"))
    done = moved(tmp_path / "second", wheel)
    assert changed(tmp_path / "second") == sorted(done.files) == MOVED
    assert git(root, "status", "--porcelain") == ""


def test_on_the_command_line(root: Path, wheel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["upgrade", "--from", str(wheel), "--dry-run"]) == 0
    dry = capsys.readouterr()
    kept = (
        "note: the new release does not name these, which stay in the lock: openpyxl\n"
        "note: judged before there was a ledger: churn; mlops enter begins one\n"
    )
    assert dry.err == kept + "4 files would be written\n"
    assert cli.run(["upgrade", "--from", str(wheel)]) == 0
    shown = capsys.readouterr()
    assert shown.out == dry.out
    assert shown.err == (
        kept + "4 files written\n"
        f"undo: git restore . && rm {NEW}\n"
        "next: install requirements.txt as README.md says, mlops run --all, and commit all of it as one change\n"
    )


def test_a_pull_request_brings_its_evidence_and_leaves_the_work_tree(
    root: Path, wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(root, "branch", "-M", "main")
    git(root, "clone", "-q", "--bare", str(root), str(tmp_path / "origin.git"))
    git(root, "remote", "add", "origin", str(tmp_path / "origin.git"))
    scopes = {"pull-requests": "write", "contents": "write"}
    with Api(tokens={"app": scopes}, accounts={"app": "mlops-app[bot]"}) as api:
        monkeypatch.setenv("GITHUB_API_URL", api.url)
        monkeypatch.setenv("GITHUB_REPOSITORY", "shop/models")
        monkeypatch.setenv("MLOPS_TOKEN", "app")
        done = moved(root, wheel, propose=True)
        again = moved(root, wheel, propose=True)
    assert changed(root) == []
    (pull,) = api.pulls
    assert (done.proposed, again.proposed) != (None, None)
    assert again.proposed is not None
    assert again.proposed.done == "unchanged"
    assert pull["title"] == f"Upgrade mlops {EARLIER} → {VERSION}"
    branch = f"mlops/upgrade/{VERSION}"
    names = git(tmp_path / "origin.git", "diff", "--no-renames", "--name-only", "main", branch).split()
    assert sorted(names) == MOVED
    shown = subprocess.run(
        ["git", "show", f"{branch}:{NEW}"], cwd=tmp_path / "origin.git", capture_output=True, check=True
    )
    assert shown.stdout == wheel.read_bytes()
    body = pull["body"]
    assert body.startswith(f"**mlops {EARLIER} → {VERSION}**\n\n|  | before | after |\n")
    assert "| churn | features | numpy 1.0.0 → " in body
    assert "The lock:\n\n- numpy 1.0.0 → " in body
    assert "Kept in the lock, which the new release does not name:\n\n- openpyxl\n" in body


def test_without_a_token_the_commands_are_said(root: Path, wheel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["upgrade", "--from", str(wheel), "--propose"]) == 0
    assert changed(root) == MOVED
    title = f"'Upgrade mlops {EARLIER} → {VERSION}'"
    assert capsys.readouterr().err.splitlines()[2:] == [
        "no MLOPS_TOKEN or GITHUB_TOKEN: the files are written; propose them with",
        f"git switch -c mlops/upgrade/{VERSION}",
        f"git add -A -- {' '.join(MOVED)}",
        f"git commit -m {title}",
        f"git push -u origin mlops/upgrade/{VERSION}",
        f"gh pr create --base main --title {title} --fill",
        f"undo: git restore . && rm {NEW}",
    ]


def test_yaml_that_the_new_release_reads_otherwise_is_migrated_before_it_is_read(root: Path, wheel: Path) -> None:
    edit(root, "conf/pipeline/churn.yaml", "description: Who", "about: Who")
    commit(root, "as 0.0.9 had it")
    plant = Migration(
        VERSION, "conf/pipeline/*.yaml", "`about` is called `description`", renamed(("about",), "description")
    )
    done = upgrade(root, Wanted(str(wheel)), None, nobody, migrations=(plant,))
    assert isinstance(done, Upgraded)
    assert done.migrated == {"conf/pipeline/churn.yaml": ("`about` is called `description`",)}
    assert git(root, "diff", "--unified=0", "--", "conf").splitlines()[-2:] == [
        "-about: Who will leave?",
        "+description: Who will leave?",
    ]
    assert "conf/pipeline/churn.yaml: `about` is called `description`" in list(lines(done))


def test_yaml_that_the_new_release_refuses_stops_all_of_it(root: Path, wheel: Path) -> None:
    edit(root, "conf/pipeline/churn.yaml", "description: Who", "about: Who")
    commit(root, "as 0.0.9 had it")
    message, _, code = refused(root, Wanted(str(wheel)))
    assert message.startswith("conf/pipeline/churn.yaml:")
    assert code == 4


def test_an_older_release_is_refused_with_the_way_back(root: Path, wheel: Path) -> None:
    pinned = parse((root / FILE).read_text())
    (root / FILE).write_text(write(Requirements(Pin("9.0", "a" * 64), pinned.lock)))
    commit(root, "later")
    message = f"mlops {VERSION} is older than 9.0, which requirements.txt pins"
    assert refused(root, Wanted(str(wheel))) == (message, "take the upgrade back with git revert", 4)


def test_a_version_of_an_index_has_one_wheel(root: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pinned = parse((root / FILE).read_text())
    (root / FILE).write_text(write(Requirements(Pin(VERSION, "a" * 64), pinned.lock)))
    commit(root, "of the index")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert refused(root, Wanted(version=VERSION)) == (
        f"the index that pip is set to has mlops {VERSION} with the hash {digest[:12]}…, "
        "and requirements.txt pins aaaaaaaaaaaa…",
        "a version has one wheel: ask whoever keeps the index what happened",
        5,
    )


def test_changes_that_are_not_committed_are_named(root: Path, wheel: Path) -> None:
    for number in range(6):
        (root / f"note-{number}").write_text("mine")
    message = "there are changes that are not committed: note-0, note-1, note-2, note-3, note-4 and 1 more"
    assert refused(root, Wanted(str(wheel))) == (message, "commit them, or git stash -u", 4)


def test_a_pin_that_is_gone(root: Path, wheel: Path) -> None:
    (root / OLD).unlink()
    commit(root, "lost")
    hint = f"git log --oneline -- {OLD} lists who had it: git checkout COMMIT -- {OLD}, and commit it"
    assert refused(root, Wanted(str(wheel))) == (f"requirements.txt pins ./{OLD}, which is gone", hint, 4)
    (root / FILE).unlink()
    commit(root, "lost more")
    hint = "git log --oneline -- requirements.txt lists who had it; where none did, mlops init begins a repository"
    message = "requirements.txt is not there: it says which release a repository runs on"
    assert refused(root, Wanted(str(wheel))) == (message, hint, 4)
    (root / FILE).write_text("click==8\n")
    commit(root, "somebody's own")
    message = "requirements.txt is not a file that `mlops init` or `mlops upgrade` wrote"
    hint = "take it back from Git: git checkout -- requirements.txt"
    assert refused(root, Wanted(str(wheel))) == (message, hint, 4)


def test_a_kept_wheel_that_is_not_the_pinned_one(root: Path, wheel: Path) -> None:
    pinned = hashlib.sha256((root / OLD).read_bytes()).hexdigest()
    (root / OLD).write_bytes(b"a stranger's")
    commit(root, "swapped")
    found = hashlib.sha256(b"a stranger's").hexdigest()
    message = f"{OLD} has the hash {found[:12]}…, but requirements.txt says {pinned[:12]}…"
    hint = f"git log -- {OLD} requirements.txt says who changed one without the other"
    assert refused(root, Wanted(str(wheel))) == (message, hint, 5)


def test_a_repository_that_installs_by_make_pins_no_wheel(root: Path, wheel: Path) -> None:
    edit(root, "conf/project.yaml", "name: shop\n", "name: shop\nci: {install: make}\n")
    commit(root, "make")
    assert refused(root, Wanted(str(wheel))) == (
        "this repository installs by `make setup` (`ci: {install: make}` in conf/project.yaml): it pins no wheel",
        "move the release where `make setup` has it from, then run mlops compile",
        4,
    )


def test_a_release_that_the_policy_refuses(root: Path, wheel: Path) -> None:
    policy = root / "conf/policy.yaml"
    policy.write_text(policy.read_text() + 'versions: {refused: ["<0.0.5", ">=0.2.dev0,<0.3"]}\n')
    commit(root, "policy")
    message = f"conf/policy.yaml refuses mlops {VERSION}: `versions: {{refused: [>=0.2.dev0,<0.3]}}`"
    assert refused(root, Wanted(str(wheel))) == (message, "name another release: mlops upgrade --to VERSION", 4)


@pytest.mark.parametrize(
    ("given", "version", "said"),
    [
        ("no.whl", None, ("there is no file no.whl", "check --from", 4)),
        (None, "--pre", ("'--pre' is no version", "--to 1.2.3", 4)),
        (
            None,
            "7.0",
            (
                "the index that pip is set to has no wheel of mlops-by-pull-request 7.0: "
                "No matching distribution found for mlops-by-pull-request==7.0",
                "check --to, or give --from WHEEL",
                6,
            ),
        ),
    ],
)
def test_what_is_asked_for_must_be_there(
    root: Path, given: str | None, version: str | None, said: tuple[str, str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(root))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    assert refused(root, Wanted(given, version)) == said


def test_a_wheel_of_another_version_than_was_said(root: Path, wheel: Path) -> None:
    message = f"{wheel} is mlops {VERSION}, not 7.0"
    hint = "leave out --to, or name the wheel of that version"
    assert refused(root, Wanted(str(wheel), "7.0")) == (message, hint, 4)


def test_another_program_than_this_one_does_the_work_itself(root: Path, tmp_path: Path) -> None:
    later = make_later_wheel(tmp_path / "later", "7.0")
    called: list[tuple[str, Path, tuple[str, ...]]] = []

    def elsewhere(wheel: Path, root: Path, arguments: Sequence[str]) -> int:
        called.append((wheel.name, root, tuple(arguments)))
        assert wheel.read_bytes() == later.read_bytes()
        return 3

    told: list[str] = []
    wanted = Wanted(os.path.relpath(later, Path.cwd()), dry=True, propose=True, form="json")
    assert upgrade(root, wanted, None, elsewhere, tell=told.append) == 3
    arguments = ("upgrade", "--here", "--from", str(Path.cwd() / os.path.relpath(later, Path.cwd())), "-o", "json")
    assert called == [(later.name, root, (*arguments, "--dry-run", "--propose"))]
    assert told == ["installing mlops 7.0 into an environment of its own"]
    assert changed(root) == []


def test_a_wheel_that_changed_while_it_was_installed_is_not_installed_again(root: Path, tmp_path: Path) -> None:
    later = make_later_wheel(tmp_path / "later", "7.0")
    assert refused(root, Wanted(str(later), here=True)) == (
        "the wheel of mlops 7.0 changed while it was installed: mlops/__init__.py",
        "run it again; if that is said again, ask whoever serves the wheel",
        5,
    )


def test_a_later_release_moves_the_repository_to_itself(root: Path, tmp_path: Path) -> None:
    """As `elsewhere.call` does, but with the libraries that are here instead of an index."""
    later = make_later_wheel(tmp_path / "later", "7.0")

    def elsewhere(wheel: Path, root: Path, arguments: Sequence[str]) -> int:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(tmp_path / "installed")
        variables = os.environ | {"PYTHONPATH": str(tmp_path / "installed")}
        return subprocess.run(
            [sys.executable, "-m", "mlops", *arguments], cwd=root, env=variables, check=False
        ).returncode

    assert upgrade(root, Wanted(str(later)), None, elsewhere) == 0
    assert parse((root / FILE).read_text()).pin.version == "7.0"
    assert changed(root) == ["pipelines/churn/params.yaml", "requirements.txt", OLD, f"vendor/{later.name}"]
