"""What nothing names is deleted, and never what is live, what can be gone back to, or what a branch is working on."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mlops.cli.main import run
from mlops.configuration.project import Project
from mlops.errors import InfrastructureError, IntegrityError, MlopsError, StaleError
from mlops.operations.live.releases import file_of
from mlops.operations.live.window import held
from mlops.operations.releasing import gc as sweeping
from mlops.operations.releasing.gc import Collected, collect
from tests.builders.repositories import commit, git

pytestmark = pytest.mark.slow

START = datetime(2026, 1, 1, tzinfo=UTC)
PROJECT = "name: shop\nenvironments: {staging: {}, prod: {role: live}}\nkeep: {releases: 1, days: 10}\n"


class Shop:
    """A repository of one pipeline whose runs wrote one file and one folder each."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.monkeypatch, self.day = root, monkeypatch, 0
        (root / "conf").mkdir(parents=True)
        (root / "conf/project.yaml").write_text(PROJECT)
        (root / ".gitignore").write_text("/.dvc/cache\n/.dvc/tmp\nartifacts/\n.mlops/\n")
        (root / ".dvc").mkdir()
        (root / ".dvc/config").write_text("[core]\n    analytics = false\n")
        git(root, "init", "-q", "-b", "main")
        self.commit("start")

    def commit(self, message: str) -> str:
        when = (START + timedelta(days=self.day)).isoformat()
        self.monkeypatch.setenv("GIT_COMMITTER_DATE", when)
        self.monkeypatch.setenv("GIT_AUTHOR_DATE", when)
        return commit(self.root, message)

    def keep(self, text: str) -> str:
        """Put an object into the cache, and give its digest."""
        digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        digest += ".dir" if text.startswith("[") else ""
        place = self.root / ".dvc/cache/files/md5" / digest[:2] / digest[2:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        return digest

    def learn(self, run: str, *, recorded: bool = True) -> str:
        """Leave what a run leaves: objects, lock and report; commit the latter two."""
        inner = self.keep(f"model of {run}")
        folder = self.keep(json.dumps([{"md5": inner, "relpath": "model.onnx"}]))
        table = self.keep(f"table of {run}")
        pipeline = self.root / "pipelines/tiny"
        (pipeline / "reports").mkdir(parents=True, exist_ok=True)
        outs = f"[{{path: artifacts/bundle, md5: {folder}}}, {{path: artifacts/raw.parquet, md5: {table}}}]"
        (pipeline / "dvc.lock").write_text(f"schema: '2.0'\nstages: {{package: {{cmd: x, outs: {outs}}}}}\n")
        (pipeline / "reports/bundle.json").write_text(json.dumps({"digest": of(run), "verdict": "pass"}))
        if recorded:
            self.commit(f"Learn {run}")
        return of(run)

    def say(self, environment: str, run: str | None) -> str:
        """Make a run's bundle live, on the day after the last change."""
        self.day += 1
        path = self.root / file_of(environment, "tiny")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink() if run is None else path.write_text(f"bundle: {of(run)}\n")
        return self.commit(f"{environment}: {run}")

    def collect(self, after: int = 0, **options: Any) -> Collected:
        return collect(self.root, START + timedelta(days=self.day + after), **options)

    def runs(self, where: str = ".dvc/cache/files/md5") -> set[str]:
        """Name the runs of which everything is there."""
        texts = [path.read_text() for path in (self.root / where).rglob("*") if path.is_file()]
        found = {text.removeprefix("model of ") for text in texts if text.startswith("model of ")}
        lists = [text for text in texts if text.startswith("[")]
        for name in found:
            digest = hashlib.md5(f"model of {name}".encode(), usedforsecurity=False).hexdigest()
            assert f"table of {name}" in texts
            assert any(digest in text for text in lists)
        return found


def of(run: str) -> str:
    return "sha256:" + hashlib.sha256(run.encode()).hexdigest()


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    return Shop(tmp_path / "work", monkeypatch)


def refused(action: Any) -> MlopsError:
    with pytest.raises(MlopsError) as caught:
        action()
    return caught.value


def test_what_is_live_or_can_be_gone_back_to_stays_and_the_rest_goes(shop: Shop) -> None:
    for name in ("one", "two", "three", "never released", "four", "last"):
        shop.learn(name)
    for name in ("one", "two", "three"):
        shop.say("prod", name)
    shop.say("staging", "four")
    shop.day += 5
    found = shop.collect(after=10, dry=True)
    needed = [(item.environment, item.bundle, item.until) for item in found.held]
    assert needed == sorted(
        [
            ("prod", of("two"), START + timedelta(days=3)),  # one release before the live one
            ("prod", of("three"), None),
            ("staging", of("four"), None),
        ]
    )
    assert shop.runs() == {"one", "two", "three", "never released", "four", "last"}, "a dry run deletes nothing"
    (place,) = found.swept
    assert (place.place, place.objects, place.kept) == ("the cache", 6, 12)
    gone = [
        *(f"model of {name}" for name in ("one", "never released")),
        *(f"table of {name}" for name in ("one", "never released")),
    ]
    assert place.size == sum(map(len, gone)) + 2 * len(json.dumps([{"md5": "0" * 32, "relpath": "model.onnx"}]))
    assert shop.collect(after=10).swept == found.swept
    assert shop.runs() == {"two", "three", "four", "last"}, "the last one is what the lock here names"
    assert shop.collect(after=10).swept[0].objects == 0


def test_days_keep_more_than_a_number_of_releases(shop: Shop) -> None:
    for name in ("one", "two", "three"):
        shop.learn(name)
        shop.say("prod", name)
    shop.collect(after=0)
    assert shop.runs() == {"one", "two", "three"}, "one was live until two days ago"


def test_a_release_that_was_taken_away_can_still_be_gone_back_to(shop: Shop) -> None:
    shop.learn("one")
    shop.say("prod", "one")
    shop.learn("two")
    shop.say("prod", None)
    shop.collect(after=1000)
    assert shop.runs() == {"one", "two"}


def test_what_a_branch_a_tag_or_the_work_tree_names_stays(shop: Shop) -> None:
    for reference in ("branch", "tag"):
        git(shop.root, "switch", "-q", "-c", "aside", "main")
        shop.learn(f"of a {reference}")
        if reference == "tag":
            git(shop.root, "-c", "user.name=t", "-c", "user.email=t@e.org", "tag", "-a", "-m", "kept", "v1")
            git(shop.root, "switch", "-q", "main")
            git(shop.root, "branch", "-q", "-D", "aside")
        else:
            git(shop.root, "branch", "-m", "aside", "work")
            git(shop.root, "switch", "-q", "main")
    (shop.root / "data.csv.dvc").write_text(f"outs: [{{path: data.csv, md5: {shop.keep('rows')}}}]\n")
    shop.learn("of the work tree", recorded=False)
    shop.keep("of nobody")
    shop.collect()
    assert shop.runs() == {"of a branch", "of a tag", "of the work tree"}
    texts = {path.read_text() for path in (shop.root / ".dvc/cache/files/md5").rglob("*") if path.is_file()}
    assert "rows" in texts
    assert "of nobody" not in texts


def with_remote(shop: Shop, folder: Path) -> Path:
    """Move everything into a DVC remote, and push what there is; say where the former is."""
    store = folder / "store"
    (store / "files").mkdir(parents=True)
    text = f"[core]\n    analytics = false\n    remote = s\n['remote \"s\"']\n    url = {store}\n"
    (shop.root / ".dvc/config").write_text(text)
    shop.commit("A remote")
    (shop.root / ".dvc/cache/files/md5").rename(store / "files/md5")
    git(folder, "clone", "-q", "--bare", str(shop.root), "origin.git")
    git(shop.root, "remote", "add", "origin", str(folder / "origin.git"))
    return store


def test_the_remote_is_swept_only_where_it_is_asked_for(shop: Shop, tmp_path: Path) -> None:
    for name in ("one", "two"):
        shop.learn(name)
    store = with_remote(shop, tmp_path)
    shop.collect()
    assert shop.runs(str(store)) == {"one", "two"}
    places = shop.collect(remote=True).swept  # the lists of folders are in the remote alone
    assert [(place.place, place.objects) for place in places] == [("the cache", 0), ("the remote", 3)]
    assert shop.runs(str(store)) == {"two"}


def test_a_branch_that_was_never_fetched_may_need_anything(shop: Shop, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(shop.root), "origin.git")
    git(shop.root, "remote", "add", "origin", str(tmp_path / "origin.git"))
    git(tmp_path, "clone", "-q", str(tmp_path / "origin.git"), "other")
    commit(tmp_path / "other", "theirs")
    git(tmp_path / "other", "push", "-q", "origin", "HEAD:refs/heads/theirs")
    told = refused(lambda: shop.collect(remote=True))
    assert (told.exit_code, str(told), told.hint) == (6, "theirs was not fetched", "git fetch --tags origin")


def test_a_branch_of_the_remote_that_nothing_here_points_to_keeps_what_it_names(shop: Shop, tmp_path: Path) -> None:
    """Its commits are here, as history of main or because it was fetched once; no reference of this clone says so."""
    shop.learn("theirs")
    git(shop.root, "branch", "theirs")
    shop.learn("tagged")
    git(shop.root, "tag", "tagged")
    shop.learn("last")
    store = with_remote(shop, tmp_path)
    git(shop.root, "branch", "-D", "theirs")
    git(shop.root, "tag", "-d", "tagged")
    shop.collect(remote=True)
    assert shop.runs(str(store)) == {"theirs", "tagged", "last"}


def test_what_comes_while_it_looks_stays(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of somebody else's ends between the look and the deletion."""
    shop.learn("one")
    shop.keep("of nobody")
    look = sweeping._look

    def meanwhile(place: str, odb: Any, used: set[str]) -> Any:
        found = look(place, odb, used)
        shop.keep("of a run that has just ended")
        return found

    monkeypatch.setattr(sweeping, "_look", meanwhile)
    assert shop.collect().swept[0].objects == 1
    texts = {path.read_text() for path in (shop.root / ".dvc/cache/files/md5").rglob("*") if path.is_file()}
    assert "of a run that has just ended" in texts
    assert "of nobody" not in texts


def test_a_cache_that_others_use_too_is_not_swept(shop: Shop, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    (shop.root / ".dvc/config").write_text(f"[core]\n    analytics = false\n[cache]\n    dir = {shared}\n")
    place = shared / "files/md5/ab/cdef"
    place.parent.mkdir(parents=True)
    place.write_text("of another clone")
    for dry in (True, False):
        told = refused(lambda dry=dry: shop.collect(dry=dry))
        assert (told.exit_code, str(told)) == (
            6,
            f"DVC's cache is {shared}/files/md5, outside of this repository: what others keep there is not known here",
        )
    assert place.is_file()


def test_a_history_that_was_not_fetched_keeps_everything(shop: Shop, tmp_path: Path) -> None:
    shop.learn("one")
    shop.say("prod", "one")
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{shop.root}", "shallow")
    told = refused(lambda: collect(tmp_path / "shallow", START))
    assert (type(told), str(told), told.hint) == (
        InfrastructureError,
        "the history before was not fetched",
        "git fetch --unshallow",
    )


def test_a_lock_that_cannot_be_read_keeps_everything(shop: Shop) -> None:
    shop.learn("one")
    git(shop.root, "switch", "-q", "-c", "broken")
    (shop.root / "pipelines/tiny/dvc.lock").write_text("- no lock\n")
    made = shop.commit("broken")
    git(shop.root, "switch", "-q", "main")
    shop.keep("of nobody")
    told = refused(shop.collect)
    assert (type(told), str(told)) == (IntegrityError, f"pipelines/tiny/dvc.lock of {made[:8]} is damaged")
    assert told.hint == "repair it, or delete its branch: nothing was deleted"
    assert len([path for path in (shop.root / ".dvc/cache/files/md5").rglob("*") if path.is_file()]) == 4


def test_a_list_that_is_damaged_keeps_everything(shop: Shop) -> None:
    shop.learn("one")
    shop.keep("of nobody")
    (path,) = (shop.root / ".dvc/cache/files/md5").rglob("*.dir")
    path.write_text("[{")
    told = refused(shop.collect)
    assert (type(told), told.hint) == (IntegrityError, "delete it, then dvc pull")
    assert shop.keep("of nobody")[2:] in {path.name for path in (shop.root / ".dvc/cache/files/md5").rglob("*")}


def test_a_bundle_whose_run_no_commit_records_keeps_everything(shop: Shop) -> None:
    shop.learn("one")
    shop.say("prod", "from elsewhere")
    told = refused(shop.collect)
    assert (type(told), told.exit_code) == (StaleError, 3)
    assert str(told) == (
        f"prod needs {of('from elsewhere')[:19]}… of tiny, and no commit records the run that made it: "
        "what it is made of cannot be told from what nobody needs"
    )


def test_main_as_it_was_fetched_counts_though_nothing_here_says_so(shop: Shop, tmp_path: Path) -> None:
    shop.learn("one")
    before = git(shop.root, "rev-parse", "HEAD").strip()
    shop.say("prod", "one")
    git(tmp_path, "clone", "-q", "--bare", str(shop.root), "origin.git")
    git(shop.root, "remote", "add", "origin", str(tmp_path / "origin.git"))
    git(shop.root, "fetch", "-q", "origin")
    git(shop.root, "reset", "-q", "--hard", before)
    shop.learn("two")
    project = Project.model_validate({"name": "shop"})
    assert [item.bundle for item in held(shop.root, project, START)] == [of("one")]


def test_the_verb_says_what_stays_and_what_went(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.learn("one")
    shop.say("prod", "one")
    shop.keep("of nobody")
    monkeypatch.chdir(shop.root)
    assert run(["gc", "--dry-run"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "the cache: 1 objects, 9 bytes would go; 3 stay\n"
    assert shown.err == f"kept: prod/tiny {of('one')[:19]}, live\n"
    assert run(["gc", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "dry_run": False,
        "held": [{"environment": "prod", "pipeline": "tiny", "bundle": of("one"), "until": None}],
        "swept": [{"place": "the cache", "kept": 3, "objects": 1, "size": 9}],
    }
