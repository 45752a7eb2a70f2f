"""Each way to spoil a ledger, and what is said of it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mlops.cli.main import run
from mlops.errors import IntegrityError
from mlops.files.canonical import digest
from mlops.ledger.entry import Entry
from mlops.operations.auditing.check import unentered
from mlops.operations.auditing.enter import enter
from mlops.operations.auditing.held import hold_entered
from mlops.operations.auditing.repair import repair
from mlops.operations.project import open_project
from tests.builders.kept import FOLDER, GATE, bundle, files, judge, line, live, make_kept, waive
from tests.builders.repositories import commit, git

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def _kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_kept(tmp_path_factory.mktemp("kept") / "shop")
    judge(root, 2)
    live(root, 1)
    commit(root, "Another")
    git(root, "switch", "-q", "-c", "change")
    return root


@pytest.fixture
def root(tmp_path: Path, _kept: Path) -> Path:
    return shutil.copytree(_kept, tmp_path / "shop")


def told(root: Path, base: str | None = None) -> list[str]:
    return [found.message for found in unentered(root, open_project(root)[1], ["churn"], base)]


def newest(root: Path) -> Path:
    return root / FOLDER / f"{line(root).tips[0]}.json"


def oldest(root: Path) -> Path:
    (entry,) = (entry for entry in line(root).entries.values() if not entry.parents)
    return root / FOLDER / f"{entry.name}.json"


def put(root: Path, entry: Entry) -> None:
    place = root / f"pipelines/churn/ledger/{entry.place}/{entry.name}.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(entry.data)


def edit(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"pass"', b'"fail"'))


def in_place(path: Path, make: Callable[[Path], None]) -> None:
    path.unlink()
    make(path)


def forge(root: Path) -> None:
    (entry,) = line(root).newest({"verdict"})
    judge(root, 3, entered=False)
    put(root, Entry.model_validate({**entry.model_dump(), "documents": {GATE: "sha256:" + "0" * 64}}))


SPOILT: dict[str, Callable[[Path], None]] = {
    "edited": lambda root: edit(newest(root)),
    "an old one edited": lambda root: edit(oldest(root)),
    "cut": lambda root: newest(root).unlink(),
    "an old one cut": lambda root: oldest(root).unlink(),
    "misnamed": lambda root: (newest(root).rename(newest(root).with_name(f"{'0' * 64}.json")), None)[1],
    "another spelling": lambda root: (newest(root).rename(newest(root).with_suffix(".JSON")), None)[1],
    "a link": lambda root: in_place(newest(root), lambda path: path.symlink_to(root / GATE)),
    "a pipe": lambda root: in_place(newest(root), os.mkfifo),
    "a folder": lambda root: in_place(newest(root), Path.mkdir),
    "a note beside": lambda root: (root / FOLDER / "note.txt").write_text("") and None,
    "the whole is a link": lambda root: (
        shutil.move(root / "pipelines/churn/ledger", root / "elsewhere"),
        (root / "pipelines/churn/ledger").symlink_to(root / "elsewhere"),
    )[1],
    "another ledger": lambda root: (root / "pipelines/churn/Ledger").mkdir(),
    "deeply nested": lambda root: (root / FOLDER / f"{'1' * 64}.json").write_text("[" * 50_000) and None,
    "a verdict without its entry": lambda root: judge(root, 3, entered=False),
    "a verdict that was before": lambda root: judge(root, 1, entered=False),
    "a waiver without its entry": lambda root: waive(root, entered=False),
    "a release without its entry": lambda root: live(root, 2, entered=False),
    "nothing live, without its entry": lambda root: live(root, None, entered=False),
    "an entry of another verdict": forge,
}


BY_HAND = {"the whole is a link", "another ledger", "a folder"}
"""What a person put there, and a person takes away."""
SAID = {
    "edited": "was edited: its name is the digest of other bytes",
    "an old one edited": "was edited: its name is the digest of other bytes",
    "cut": "has no entry of the verdict of sha256:000000000000",
    "an old one cut": "is gone: entries after it name it",
    "misnamed": "was edited: its name is the digest of other bytes",
    "another spelling": "is no entry of the ledger",
    "a link": "is no plain file",
    "a pipe": "is no plain file",
    "a folder": "is no plain file",
    "a note beside": "is no entry of the ledger",
    "the whole is a link": "is no folder",
    "another ledger": "is another spelling of `ledger`",
    "deeply nested": "was edited: its name is the digest of other bytes",
    "a verdict without its entry": "has no entry of the verdict of sha256:000000000000",
    "a verdict that was before": "has no entry of the verdict of sha256:000000000000",
    "a waiver without its entry": "has no entry of the waiver of auroc",
    "a release without its entry": "has no entry of the release of sha256:000000000000",
    "nothing live, without its entry": "has no entry of the removal",
    "an entry of another verdict": "has no entry of the verdict of sha256:000000000000",
}


def test_each_is_named_without_history_and_mended_by_what_is_typed(root: Path, tmp_path: Path) -> None:
    places = ("pipelines/churn", "conf")
    for place in places:
        shutil.copytree(root / place, tmp_path / "kept" / place)
    assert told(root) == told(root, "main") == []
    for how, spoil in SPOILT.items():
        spoil(root)
        assert SAID[how] in {text.partition(" ")[2] for text in told(root)}, how
        if how not in BY_HAND:
            repair(root, "churn")
            assert (how, told(root)) == (how, [])
        for place in places:
            shutil.rmtree(root / place)
            shutil.copytree(tmp_path / "kept" / place, root / place)
        shutil.rmtree(root / "elsewhere", ignore_errors=True)


CUT = "is gone, and the main line has it"


def test_a_change_that_takes_entries_away_is_told_even_where_nothing_else_shows_it(root: Path) -> None:
    shutil.rmtree(root / "pipelines/churn/ledger")
    assert told(root) == []  # as a pipeline that never had one
    assert [text.rpartition(".json ")[2] for text in told(root, "main")] == [CUT, CUT, CUT]


def test_a_verdict_that_goes_back_needs_an_entry_of_its_own(root: Path) -> None:
    """Where a line forked, both newest entries are of what files said; going from one to the other is a decision."""
    git(root, "switch", "-q", "main")
    (first,) = line(root).newest({"verdict"})
    put(root, Entry.model_validate({**first.model_dump(), "documents": {GATE: "sha256:" + "7" * 64}}))
    commit(root)
    assert len(line(root).newest({"verdict"})) == 2
    judge(root, 1, entered=False)
    assert told(root, "HEAD") == ["pipelines/churn/ledger/model has no entry of the verdict of " + bundle(1)[:19]]
    enter(root, "churn")
    assert told(root, "HEAD") == []


def test_other_parents_are_told(root: Path) -> None:
    tip = line(root).tips[0]
    first = oldest(root).stem
    judge(root, 3)
    (made,) = line(root).newest({"verdict"})
    assert made.parents == (tip,)
    wrong = "names other entries than the newest that the main line had"
    for parents in ((), ("0" * 64,), tuple(sorted((tip, first)))):
        (root / FOLDER / f"{made.name}.json").unlink(missing_ok=True)
        forged = made.following(parents)
        put(root, forged)
        assert f"{FOLDER}/{forged.name}.json {wrong}" in told(root, "main")
        (root / FOLDER / f"{forged.name}.json").unlink()


def test_an_entry_of_what_no_file_says_is_told(root: Path) -> None:
    waive(root)
    (root / "conf/waiver/churn.yaml").unlink()
    (found,) = told(root, "main")
    assert found.endswith(".json is of a waiver that no file says")


def test_a_report_that_is_a_link_hides_no_verdict(root: Path) -> None:
    judge(root, 3, entered=False)
    (root / GATE).rename(root / "pipelines/churn/elsewhere.json")
    (root / GATE).symlink_to("../elsewhere.json")
    (found,) = unentered(root, open_project(root)[1], ["churn"], "main")
    assert (found.message, found.hint) == (
        f"{GATE} is a symbolic link, and Git follows none",
        "put the file or folder itself there",
    )
    with pytest.raises(IntegrityError) as caught:
        hold_entered(root, "churn", "main")
    assert caught.value.message == (
        f"churn: the ledger does not hold\n  {GATE} is a symbolic link, and Git follows none"
    )


def test_a_retraining_rests_on_plain_files_of_the_repository(root: Path, tmp_path: Path) -> None:
    (root / "pipelines/churn/data/more.csv").write_text("a\n1\n")
    (tmp_path / "rows.csv").write_text("a\n1\n")
    (root / "pipelines/churn/data/link.csv").symlink_to("more.csv")
    (root / "pipelines/churn/behind").symlink_to("data")
    (root / ".git/rows.csv").write_text("a\n1\n")
    rows = digest(b"a\n1\n")

    def said(file: str, name: str = rows) -> list[str]:
        entry = Entry(
            kind="retraining", pipeline="churn", place="model", documents={file: name}, parents=line(root).tips
        )
        put(root, entry)
        found = [text.partition(".json ")[2] for text in told(root, "main")]
        (root / FOLDER / f"{entry.name}.json").unlink()
        return found

    assert said("pipelines/churn/data/more.csv") == []
    for file in (
        str(tmp_path / "rows.csv"),
        "../rows.csv",
        "pipelines/../../rows.csv",
        "pipelines/churn/data/link.csv",
        "pipelines/churn/behind/more.csv",
        ".git/rows.csv",
    ):
        assert (file, said(file)) == (file, ["is of a retraining that no file says"])
    assert said("pipelines/churn/data/none.csv", digest(b"")) == ["is of a retraining that no file says"]


def test_nothing_that_the_main_line_has_can_be_called_lost(root: Path) -> None:
    tip = line(root).tips[0]
    put(root, Entry(kind="repair", pipeline="churn", place="model", parents=(tip,), lost=(oldest(root).stem,)))
    (found,) = told(root, "main")
    assert found.endswith(f".json says that {oldest(root).stem[:12]}… is lost, and the main line has it")


def test_damage_that_is_merged_is_mended_by_a_change(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Git has is put back; what it never had as it was written is named as lost, and nobody stumbles any more."""
    git(root, "switch", "-q", "main")
    never = Entry(kind="waiver", pipeline="churn", place="model", parents=line(root).tips, subject="auroc")
    (root / FOLDER / f"{never.name}.json").write_bytes(never.data + b"\n")
    oldest(root).unlink()
    commit(root, "Merge a bad day")
    monkeypatch.chdir(root)
    assert run(["verify", "churn"]) == 5
    git(root, "switch", "-q", "-c", "mend")
    assert run(["enter", "churn", "--repair"]) == 0
    assert told(root, "main") == []
    (mended,) = (entry for entry in line(root).entries.values() if entry.kind == "repair")
    assert mended.lost == (never.name,)
    assert oldest(root).is_file()
    commit(root)
    judge(root, 3)
    assert told(root, "main") == []


def test_verify_and_validate_say_what_to_type(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(root)
    (root / GATE).write_text(json.dumps({**json.loads((root / GATE).read_text()), "bundle": bundle(3)}))
    assert run(["validate", "churn"]) == 4
    assert capsys.readouterr().err == (
        f"{FOLDER}:1:1: {FOLDER} has no entry of the verdict of {bundle(3)[:19]} [ledger]\n"
        "  mlops enter churn, then git add -A pipelines/churn/ledger, and commit it\n"
        "1 problem in 1 file\n"
    )
    assert run(["verify", "churn"]) == 5
    said = capsys.readouterr()
    assert f"churn: ledger/model has no entry of the verdict of {bundle(3)[:19]}\n" in said.out
    assert "hint: mlops enter churn, then git add -A pipelines/churn/ledger, and commit it\n" in said.err
    assert len(files(root)) == 2


def test_the_newest_entry_may_be_brought_back_that_a_merge_took_away(root: Path) -> None:
    """No entry names it, so that only the main line's own history knows of it."""
    cut = newest(root)
    git(root, "switch", "-q", "main")
    judge(root, 1, entered=False)
    cut.unlink()
    commit(root, "Merge a forgery")
    git(root, "switch", "-q", "-c", "mend")
    judge(root, 2, entered=False)
    git(root, "checkout", "-q", "HEAD^", "--", str(cut.relative_to(root)))
    assert told(root, "main") == []
    assert enter(root, "churn") == ()
