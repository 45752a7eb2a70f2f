"""A change whose version of the program makes other rows: they count where that version makes them, and no hand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlops.cli.main import run
from mlops.errors import Inconclusive
from mlops.operations.auditing.enter import enter
from mlops.operations.dvc.lock import md5_tree, read_lock
from mlops.operations.judging import beside, other_rows, replay
from mlops.operations.judging.given_data import fetch_data
from mlops.operations.judging.opponent import Run
from mlops.operations.judging.other_rows import ForgedRows, OtherRows, makes_otherwise
from mlops.operations.judging.replay import Replay
from mlops.operations.judging.rows import Table
from mlops.operations.reviewing import artifacts
from mlops.operations.workspace import open_workspace
from tests.builders.other_framework import SPLITS, OtherFramework, bring_the_program
from tests.builders.repositories import commit, edit, git
from tests.builders.shop import make_shop
from tests.builders.trained import in_this_process, relock
from tests.conftest import ROOT

pytestmark = pytest.mark.slow
CHURN = "pipelines/churn"
TABLES = ("raw.parquet", "valid.parquet", "split")
NEW = {"train": (300, 124), "validation": (100, 82), "test": (100, 81)}
DIFFERENCES = tuple(
    f"artifacts/split/{part}.parquet: rows of the base's code: {rows}; of the change's: {rows}, {new} of which the "
    "base's has not"
    for part, (rows, new) in NEW.items()
)


@pytest.fixture(scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop that was never trained; a change of it that divides rows otherwise, trained; and what its job leaves."""
    place = tmp_path_factory.mktemp("other")
    base = make_shop(place / "base", "churn")
    bring_the_program(base)
    (base / ".git/info/exclude").write_text("/mlops/\n")  # but for the one file that the change is about
    git(base, "add", "--force", SPLITS)
    commit(base, "The program")
    git(place, "clone", "-q", str(base), str(place / "change"))
    shutil.copytree(base / "mlops", place / "change/mlops", dirs_exist_ok=True)
    (place / "change/.git/info/exclude").write_text("/mlops/\n")
    other = OtherFramework.install(place / "change")
    other.divides_otherwise()
    for words in (("compile",), ("run", "churn"), ("judge", "churn", "--rows", str(place / "rows"))):
        done = other.mlops(*words)
        assert done.returncode == 0, done.stderr
    commit(other.root, "Divide otherwise")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(replay, "run_again", in_this_process)
        with replay.rows_made(other.root, "churn") as by_the_base:
            shutil.copytree(by_the_base.place, place / "again")
    return place


@pytest.fixture
def team(_made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the job that judges has: the base, the change beside it with its data and tables, and what jobs left."""
    monkeypatch.setattr(replay, "run_again", in_this_process)
    monkeypatch.delenv("MLOPS_NEEDS", raising=False)
    home = tmp_path / "work"
    git(tmp_path, "clone", "-q", str(_made / "base"), str(home))
    git(tmp_path, "clone", "-q", str(_made / "change"), str(home / "change"))
    shutil.copytree(_made / "change" / CHURN / "artifacts", home / "change" / CHURN / "artifacts")
    shutil.copytree(_made / "rows", home / "left/rows-churn")
    leave(home)
    monkeypatch.chdir(home)
    return home


def leave(home: Path) -> None:
    """Leave what the job that ran the change leaves."""
    here, left = home / "change" / CHURN, home / "left/report-churn/churn"
    shutil.rmtree(left, ignore_errors=True)
    shutil.copytree(here / "reports", left)
    shutil.copytree(here / "artifacts/bundle", left / "bundle")
    shutil.copyfile(here / "dvc.lock", left / "dvc.lock")
    (left / "exit-code").write_text("0\n")


def needs(home: Path) -> str:
    """Give what the jobs of a run told, as the job that comes after them reads it."""
    batch = {"name": "churn", "pipelines": "churn", "index": 0}
    told = {"affected": {"batches": json.dumps([batch])}}
    told["pipeline"] = {"evidence-0": artifacts.digest(home / "left/report-churn")}
    if (home / "left/rows-churn").exists():
        told["framework"] = {"rows-0": artifacts.digest(home / "left/rows-churn")}
    return json.dumps({name: {"outputs": outputs} for name, outputs in told.items()})


def judged(home: Path, told: str | None = None, *words: str) -> int:
    given = ["--evidence", "left", "--needs", told or needs(home), "--record", "evidence"]
    return run(["judge", "churn", "--change", "change", *given, *words])


def forge(home: Path) -> None:
    """Leave out of the test rows what a model may err on, and record all that follows from it."""
    change = home / "change"
    table = change / CHURN / "artifacts/split/test.parquet"
    frame = pl.read_parquet(table)
    facts = {key: value for key, value in pl.read_parquet_metadata(table).items() if key == "mlops"}
    table.unlink()
    frame.filter(pl.col("left") == (pl.col("age") > 54)).write_parquet(table, metadata=facts)
    git(change, "reset", "-q", "--soft", "HEAD^")
    shutil.rmtree(change / CHURN / "ledger")
    in_this_process(change / CHURN, ("evaluate", "gate", "package"), home / "log")
    relock(change)
    enter(change, "churn")
    commit(change, "Better than it was")
    leave(home)


def rows(home: Path) -> Any:
    return json.loads((home / "left/rows-churn/churn/rows.json").read_bytes())


def test_rows_are_told_by_their_digests_alone(team: Path) -> None:
    made = rows(team)
    assert {path: sorted(table["files"]) for path, table in made["tables"].items()} == {
        "artifacts/raw.parquet": ["raw.parquet"],
        "artifacts/split": ["test.parquet", "train.parquet", "validation.parquet"],
        "artifacts/valid.parquet": ["valid.parquet"],
    }
    assert sorted(made["reports"]) == ["data.json", "split.json"]
    assert [path.name for path in (team / "left/rows-churn").rglob("*") if path.is_file()] == ["rows.json"]


def test_what_the_change_makes_is_judged_and_a_person_is_told_where_to_look(
    team: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert judged(team, None, "-o", "md") == 0
    shown = capsys.readouterr()
    assert f"churn: rows made by the code of the change (framework-change): look at {SPLITS}\n" in shown.err
    assert f"**framework-change**: its rows are made by the code of the change: look at {SPLITS}\n" in shown.out
    record = json.loads((team / "evidence/churn/judged.json").read_bytes())
    for sentence in DIFFERENCES:
        assert f"churn: {sentence}\n" in shown.err
        assert f"- {sentence}\n" in shown.out
    assert (record["verdict"], record["framework"]) == ("pass", [SPLITS])


@pytest.fixture
def again(_made: Path, team: Path) -> Replay:
    """The run of the change, and its rows as the base makes them."""
    place = shutil.copytree(_made / "again", team / "again/pipelines/churn")
    change = team / "change"
    return Replay(Run.here(change, "churn"), Run(change, "churn", place), read_lock(change, CHURN))


def told(team: Path, *, made: bool = True) -> OtherRows:
    return OtherRows(team, team / "left/rows-churn/churn" if made else None, (SPLITS,))


def test_recorded_rows_are_put_where_others_were_made(team: Path, again: Replay) -> None:
    table = "artifacts/split"
    assert md5_tree(again.again.place / table) != again.locked["split"].outputs[table]
    assert told(team)(again) == DIFFERENCES
    assert md5_tree(again.again.place / table) == again.locked["split"].outputs[table]
    assert told(team)(again) == (), "there is no other row any more"


def test_without_what_the_job_made_nobody_can_tell(team: Path, again: Replay) -> None:
    shutil.rmtree(team / "left/rows-churn")
    with pytest.raises(Inconclusive) as raised:
        told(team, made=False)(again)
    assert raised.value.message == "framework-change: churn: no job made its rows by the code of the change"
    assert raised.value.hint == (
        "look why the job `framework` did not, where there is one; "
        f"or merge what changes {SPLITS} first, in a pull request of its own"
    )


def test_of_rows_that_go_through_own_code_it_is_said_that_no_job_made_them(team: Path, again: Replay) -> None:
    edit(team / "change", f"{CHURN}/params.yaml", "\nvalidate:\n", "\nvalidate:\n  made_by: [enrich, join]\n")
    with pytest.raises(Inconclusive) as raised:
        told(team, made=False)(again)
    assert raised.value.message == (
        "framework-change: churn: no job made its rows by the code of the change: "
        "they go through stages of its own code (enrich, join)"
    )
    assert raised.value.hint == f"merge what changes {SPLITS} first, in a pull request of its own"


def test_rows_that_go_through_own_code_are_not_made(
    team: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    change = team / "change"
    edit(change, f"{CHURN}/params.yaml", "\nvalidate:\n", "\nvalidate:\n  made_by: [enrich]\n")
    monkeypatch.chdir(change)
    assert run(["judge", "churn", "--rows", "evidence"]) == 7
    assert capsys.readouterr().err == (
        "churn: its rows go through stages of its own code (enrich), which is not run for them\n"
        "hint: merge what changes the program first, in a pull request of its own\n"
    )
    assert not (change / "evidence").exists()


def test_tables_that_cannot_be_had_are_asked_for(team: Path, again: Replay) -> None:
    shutil.rmtree(team / "change" / CHURN / "artifacts/split")
    with pytest.raises(Inconclusive) as raised:
        told(team)(again)
    said = "framework-change: churn: artifacts/split cannot be had by the digests of dvc.lock"
    assert raised.value.message == said
    assert raised.value.hint == (
        "mlops run churn, dvc push pipelines/churn/dvc.yaml, commit what it records; "
        f"or merge what changes {SPLITS} first, in a pull request of its own"
    )


def test_rows_of_another_digest_than_was_told_are_refused(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = needs(team)
    edit(team, "left/rows-churn/churn/rows.json", '"schema_version": 1', '"schema_version":  1')
    assert judged(team, told) == 5
    assert "rows-churn: the artifact is not the one its job made\n" in capsys.readouterr().err


def test_what_another_version_spells_otherwise_is_not_read(team: Path, again: Replay) -> None:
    edit(team, "left/rows-churn/churn/rows.json", '"schema_version": 1', '"schema_version": 2')
    with pytest.raises(Inconclusive, match=r"^churn: this version of mlops cannot read the rows.json that was made"):
        told(team)(again)


def test_rows_that_neither_version_makes_are_forged(
    team: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    forge(team)
    capsys.readouterr()
    assert judged(team) == 5
    assert capsys.readouterr().err.endswith(
        "churn: neither the code that judges nor that of the change makes what is recorded\n"
        "  artifacts/split has other rows than dvc.lock names\n"
        "hint: dvc repro --force pipelines/churn/dvc.yaml, and commit what it records\n"
    )
    monkeypatch.setattr(other_rows, "_refuse", lambda *_: None)
    assert judged(team) == 0, "without the guard they pass"


@pytest.mark.parametrize("section", [None, [], "code", {"code": 7, "libraries": []}])
def test_a_section_of_another_shape_is_of_other_code(section: Any) -> None:
    stages = ("ingest", "validate", "split")
    assert makes_otherwise(ROOT, dict.fromkeys(stages, section)) == stages


def test_what_this_version_compiled_is_of_no_other_code() -> None:
    for pipeline in open_workspace(ROOT).plan.pipelines:
        sections = {stage.name: stage.section for stage in pipeline.stages}
        assert makes_otherwise(ROOT, sections) == ()
        source = {**sections["ingest"]["source"], "kind": ["csv"], "beside": 3}
        assert makes_otherwise(ROOT, {**sections, "ingest": {**sections["ingest"], "source": source}}) == ("ingest",)


def test_a_change_whose_version_makes_the_very_rows_of_the_base_brings_no_others(team: Path, again: Replay) -> None:
    made = rows(team)
    made["tables"] = {path: Table.of(again.again.place / path).model_dump() for path in made["tables"]}
    (team / "left/rows-churn/churn/rows.json").write_text(json.dumps(made))
    with pytest.raises(ForgedRows, match=r"\n  artifacts/split has other rows than dvc.lock names$"):
        told(team)(again)


def test_bytes_are_compared_and_not_only_the_name_that_dvc_gives_them(team: Path, again: Replay) -> None:
    made = rows(team)
    made["tables"]["artifacts/split"]["files"]["test.parquet"] = f"sha256:{'0' * 64}"
    (team / "left/rows-churn/churn/rows.json").write_text(json.dumps(made))
    with pytest.raises(ForgedRows, match=r"\n  artifacts/split has other bytes than the code of the change makes$"):
        told(team)(again)


def test_a_report_that_says_otherwise_of_the_same_rows_is_forged(team: Path, again: Replay) -> None:
    made = rows(team)
    made["reports"]["split.json"]["seed"] = 99
    (team / "left/rows-churn/churn/rows.json").write_text(json.dumps(made))
    with pytest.raises(ForgedRows, match=r"\n  reports/split.json says something else at seed$"):
        told(team)(again)


def test_a_change_that_claims_the_same_code_has_no_other_rows(team: Path, again: Replay) -> None:
    base, mine = (Run.here(root, "churn").sections()["split"]["code"] for root in (team, team / "change"))
    edit(team / "change", f"{CHURN}/params.yaml", mine, base)
    assert makes_otherwise(team, again.recorded.sections()) == ("validate",)
    assert not told(team)(again)


def test_where_the_framework_does_not_move_what_was_made_by_it_says_nothing(
    team: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "framework_of", lambda *_: ())
    assert judged(team) in (3, 5)
    assert "rows made by the code of the change" not in capsys.readouterr().err


def test_tables_are_brought_for_such_a_change_and_for_no_other(team: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change = team / "change"
    cache, asked = change.parent / "cache", []
    shutil.copytree(change / CHURN / "artifacts", cache)
    shutil.rmtree(change / CHURN / "artifacts")

    def bring(digest: str, place: Path) -> bool:
        asked.append(digest)
        return False

    absent = fetch_data(team, change, ("churn",), bring)
    assert sorted(path.removeprefix(f"{CHURN}/artifacts/") for path in absent) == sorted(
        (*TABLES, "bundle", "evaluation")
    )
    git(team, "fetch", "-q", "change", "HEAD")
    git(team, "checkout", "-q", "FETCH_HEAD")
    absent = fetch_data(team, change, ("churn",), bring)
    assert sorted(path.removeprefix(f"{CHURN}/artifacts/") for path in absent) == ["bundle", "evaluation"]
