"""Files are scored once, whole or not at all, and what cannot be is said, as docs/howto/score.md has it."""

from __future__ import annotations

import errno
import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlops.bundle.contents import Contents
from mlops.bundle.prediction_log import segments
from mlops.bundle.predictor import Predictor
from mlops.cli.main import run
from mlops.documents.scoring import RefusedRows, ScoringManifest
from mlops.errors import ConfigurationError, DataError, InfrastructureError, MlopsError, StaleError
from mlops.files.alone import alone
from mlops.files.canonical import digest_file
from mlops.files.remote_folder import RemoteFolder
from mlops.monitor.log import read
from mlops.monitor.windows import Window
from mlops.operations.scoring import part
from mlops.operations.scoring.places import Here, partitions
from mlops.operations.scoring.score import Lineage, Outcome, Wanted, score_all
from mlops.operations.watching.prediction_log import Log
from tests.builders.bundles import make_bundle, make_frame
from tests.builders.disk import refusing
from tests.builders.rows import json_row


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bundle, in the folder that is worked in."""
    monkeypatch.chdir(tmp_path)
    return make_bundle(tmp_path / "bundle")


def table(rows: int = 40, seed: int = 0, *, bad: int | None = None) -> pl.DataFrame:
    """Rows as the model reads them, with a column `y` that it does not; `bad` is a row that it refuses."""
    frame = make_frame(rows, seed=seed).drop("__row__")
    if bad is None:
        return frame
    null = pl.when(pl.int_range(pl.len()) == bad).then(None).otherwise("visits")
    return frame.with_columns(visits=null)


def write(path: str, frame: pl.DataFrame) -> Path:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(path)
    return Path(path)


def scored(bundle: Path, into: str = "out", **more: Any) -> Outcome:
    given = {"input": "in", "output": into} | {
        key: more.pop(key) for key in ("input", "carry", "refused") if key in more
    }
    return score_all(Contents.read(bundle), Wanted(**given), **more)


def expected(bundle: Path, frame: pl.DataFrame) -> list[float]:
    rows = [json_row(row) for row in frame.drop("y").iter_rows(named=True)]
    found: list[float] = Predictor.open(bundle).predict_rows(rows).tolist()
    return found


def refused(bundle: Path, kind: type[MlopsError], **more: Any) -> tuple[str, str]:
    with pytest.raises(kind) as caught:
        scored(bundle, **more)
    return caught.value.message, caught.value.hint


def failed(bundle: Path, **more: Any) -> list[tuple[type[MlopsError], str, str]]:
    return [(type(each), each.message, each.hint) for each in scored(bundle, **more).failed]


def test_each_file_becomes_one_with_the_scores_of_a_server_and_what_is_carried(bundle: Path) -> None:
    first, second = table(seed=1), table(seed=2)
    write("in/a.parquet", first)
    write("in/day=2026-11-30/b.parquet", second)
    Path("in/_SUCCESS").touch()
    outcome = scored(bundle, carry=("y",), lineage=Lineage("prod", "c0ffee"))
    for name, frame in (("a.parquet", first), ("day=2026-11-30/b.parquet", second)):
        made = pl.read_parquet(Path("out", name))
        assert made.schema == {"y": pl.Boolean, "predictions": pl.Float32}
        assert made["predictions"].to_list() == expected(bundle, frame)
        assert made["y"].to_list() == frame["y"].to_list()
    manifest = ScoringManifest.parse(Path("out.manifest.json").read_bytes())
    assert manifest == outcome.document.manifest
    assert manifest.value() | {"partitions": len(manifest.partitions)} == {
        "schema_version": 1,
        "pipeline": "tiny",
        "bundle": digest_file(bundle / "manifest.json"),
        "environment": "prod",
        "commit": "c0ffee",
        "input": "in",
        "output": "out",
        "columns": {"y": "Boolean", "predictions": "Float32"},
        "classes": [False, True],
        "rows": 80,
        "refused_rows": 0,
        "partitions": 2,
    }
    assert [(each.name, each.input, each.output, each.rows) for each in manifest.partitions] == [
        (name, digest_file(Path("in", name)), digest_file(Path("out", name)), 40)
        for name in ("a.parquet", "day=2026-11-30/b.parquet")
    ]


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_answers_have_the_servers_names_and_types(task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    bundle, frame = make_bundle(tmp_path / "bundle", task), make_frame(40, task).drop("__row__")
    write("rows.parquet", frame)
    scored(bundle, "scores.parquet", input="rows.parquet")
    made = pl.read_parquet("scores.parquet")
    assert made.schema == {"predictions": pl.List(pl.Float32) if task == "multiclass" else pl.Float32}
    assert made["predictions"].to_list() == expected(bundle, frame)
    assert Path("scores.parquet.manifest.json").is_file()


def test_a_second_run_scores_nothing_and_a_changed_file_again(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("in/a.parquet", table(seed=1))
    write("in/b.parquet", table(seed=2))
    assert scored(bundle).document.scored == ("a.parquet", "b.parquet")
    manifest = Path("out.manifest.json").read_bytes()
    calls = []
    monkeypatch.setattr(Predictor, "score_rows", lambda *given: calls.append(given))
    monkeypatch.setattr("mlops.operations.scoring.score.load", Predictor.load)  # no golden rows either
    assert scored(bundle).document.scored == ()
    assert (calls, Path("out.manifest.json").read_bytes()) == ([], manifest)
    monkeypatch.undo()
    os.chdir(bundle.parent)
    write("in/b.parquet", table(seed=3))
    assert scored(bundle).document.scored == ("b.parquet",)
    assert scored(bundle, carry=("y",)).document.scored == ("a.parquet", "b.parquet")
    other = make_bundle(bundle.parent / "other", seed=2)
    assert scored(other, carry=("y",)).document.scored == ("a.parquet", "b.parquet")


def test_an_output_that_was_changed_is_made_again(bundle: Path) -> None:
    write("in/a.parquet", table())
    scored(bundle)
    made, note = Path("out/a.parquet"), part.noted(Path("out/a.parquet"))
    whole = made.read_bytes()
    assert note is not None
    pl.read_parquet(made).with_columns(predictions=pl.lit(0.5, pl.Float32)).write_parquet(made, metadata=note)
    assert scored(bundle).document.scored == ("a.parquet",)
    assert made.read_bytes() == whole


def test_columns_that_a_path_names_are_read_as_what_they_are(bundle: Path) -> None:
    frame = table().with_columns(plan=pl.lit("gold"), visits=pl.lit(7), joined=pl.lit("2020-02-29").str.to_date())
    write("in/plan=gold/visits=7/joined=2020-02-29/a.parquet", frame.drop("plan", "visits", "joined"))
    scored(bundle, carry=("visits", "plan"))
    made = pl.read_parquet("out/plan=gold/visits=7/joined=2020-02-29/a.parquet", hive_partitioning=False)
    assert made["predictions"].to_list() == expected(bundle, frame)
    assert made.row(0)[:2] == (7, "gold")


def test_a_row_that_the_model_refuses_refuses_its_file_alone(bundle: Path) -> None:
    write("in/a.parquet", table(bad=7))
    write("in/b.parquet", table())
    said = (
        "in/a.parquet: row 7: `visits` must not be null: the training data had no nulls here; 1 of its first 40 rows "
        "would have no prediction"
    )
    hint = "--refused PARQUET lists such rows, and has the others scored"
    assert failed(bundle) == [(DataError, said, hint)]
    assert sorted(path.name for path in Path("out").iterdir()) == ["b.parquet"]
    assert [each.name for each in ScoringManifest.parse(Path("out.manifest.json").read_bytes()).partitions] == [
        "b.parquet"
    ]


def test_refused_rows_are_listed_counted_and_have_no_prediction(bundle: Path) -> None:
    frame = table(bad=7)
    write("in/a.parquet", frame)
    outcome = scored(bundle, carry=("y",), refused="bad")
    assert pl.read_parquet("bad/a.parquet").rows(named=True) == [
        {"row": 7, "column": "visits", "reason": "null", "y": frame["y"][7]}
    ]
    made = pl.read_parquet("out/a.parquet")["predictions"]
    assert (made[7], made.drop_nulls().to_list()) == (
        None,
        expected(bundle, frame.filter(pl.col("visits").is_not_null())),
    )
    (partition,) = outcome.document.manifest.partitions
    assert partition.refused == (RefusedRows(column="visits", reason="null", rows=1),)
    assert (partition.rows, outcome.document.manifest.refused_rows) == (40, 1)
    assert partition.refused_output == digest_file(Path("bad/a.parquet"))
    assert scored(bundle, carry=("y",), refused="bad").document.manifest == outcome.document.manifest
    hint = "--refused PARQUET lists them"
    said = "in/a.parquet: 1 of its 40 rows are refused, as the output from before says"
    assert failed(bundle, carry=("y",)) == [(DataError, said, hint)]
    Path("bad/a.parquet").unlink()  # a list that is gone is made again, with its output
    assert scored(bundle, carry=("y",), refused="bad").document.scored == ("a.parquet",)
    write("in/a.parquet", table())
    assert scored(bundle, carry=("y",), refused="bad").document.scored == ("a.parquet",)
    assert not Path("bad/a.parquet").exists()


def test_a_file_that_is_written_to_meanwhile_is_refused(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, later = write("in/a.parquet", table(seed=1)), table(seed=2)
    real = part.answer

    def slow(*given: Any) -> Any:
        later.write_parquet(source)
        return real(*given)

    monkeypatch.setattr(part, "answer", slow)
    hint = "score it once it is complete"
    assert failed(bundle) == [(StaleError, "in/a.parquet: was written to while it was scored", hint)]
    assert not any(Path("out").glob("*"))


KILLED = """
import os, signal, sys
from pathlib import Path
from mlops.bundle.contents import Contents
from mlops.operations.scoring import part
from mlops.operations.scoring.score import Wanted, score_all
real, calls = part.answer, []
def die(*given):
    calls.append(1)
    if len(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*given)
part.answer = die
score_all(Contents.read(Path("bundle")), Wanted("in", "out"))
"""


@pytest.mark.slow
def test_after_a_kill_the_next_run_goes_on_with_the_file_where_it_was(bundle: Path) -> None:
    for name in "abc":
        write(f"in/{name}.parquet", table(seed=ord(name)))
    done = subprocess.run([sys.executable, "-c", KILLED], cwd=bundle.parent, check=False)
    assert done.returncode == -signal.SIGKILL
    assert [path.name for path in Path("out").glob("*.parquet")] == ["a.parquet"]
    assert scored(bundle).document.scored == ("b.parquet", "c.parquet")
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.parquet", "b.parquet", "c.parquet"]


def test_a_full_disk_is_told_and_leaves_what_was_there(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write("in/a.parquet", table())
    with refusing(Path.cwd() / "out", errno.ENOSPC):
        assert run(["score", "bundle", "--in", "in", "--out", "out", "-q"]) == 6
    told = "out: No space left on device\nhint: make room on the disk, then run this again\n"
    assert capsys.readouterr().err == told


def test_what_is_no_input_is_refused(bundle: Path) -> None:
    hint = "name a file, or a folder with some: --in PARQUET"
    assert refused(bundle, DataError) == ("in: there are no Parquet files", hint)
    write("in/a.parquet", table())
    Path("in/b.csv").touch()
    told = ("in/b.csv: is no Parquet file", "take it out, or name another folder")
    assert refused(bundle, DataError) == told
    Path("in/b.csv").unlink()
    Path("in/a.parquet").write_bytes(b"PAR1")
    ((kind, message, _),) = failed(bundle)
    assert (kind, message.split(": ")[:2]) == (DataError, ["in/a.parquet", "cannot be read as Parquet"])


def test_columns_that_are_missing_or_in_the_way_are_named(bundle: Path) -> None:
    write("in/a.parquet", table().drop("plan").rename({"y": "predictions"}))
    has = "it has age, visits, insured, joined, seen, predictions"
    assert failed(bundle, carry=("row",)) == [(DataError, "in/a.parquet: has no column `plan`, `row`", has)]
    write("in/a.parquet", table().rename({"y": "predictions"}))
    said = "in/a.parquet: the column `predictions` cannot be carried: what the model answers is called so"
    assert failed(bundle, carry=("predictions",)) == [(DataError, said, "rename it in the input")]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"into": "in"}, "--in in lies in --out in"),
        ({"into": "in/scores"}, "--out in/scores lies in --in in"),
        ({"refused": "out/bad"}, "--refused out/bad lies in --out out"),
    ],
)
def test_places_that_are_in_each_others_way_are_refused(given: dict[str, str], said: str, bundle: Path) -> None:
    write("in/a.parquet", table())
    assert refused(bundle, ConfigurationError, **given)[0] == said


def test_what_others_wrote_is_not_overwritten(bundle: Path) -> None:
    write("in/a.parquet", table())
    write("out/a.parquet", table())
    said = "out: a.parquet is there already, and `mlops score` did not write it"
    assert failed(bundle) == [(ConfigurationError, said, "name another place: --out PARQUET")]
    Path("out/a.parquet").rename("out/old.parquet")
    assert scored(bundle).document.others == ("old.parquet",)


def test_a_manifest_that_others_wrote_is_not_overwritten(bundle: Path) -> None:
    write("in/a.parquet", table())
    Path("out.manifest.json").write_text('{"mine": 1}')
    said = "out: out.manifest.json is there already, and `mlops score` did not write it"
    assert refused(bundle, ConfigurationError) == (said, "name another place: --out PARQUET")
    assert Path("out.manifest.json").read_text() == '{"mine": 1}'
    assert not Path("out").exists()


def test_nothing_is_written_or_deleted_through_a_link(bundle: Path) -> None:
    write("in/day=1/a.parquet", table())
    Path("elsewhere").mkdir()
    for folder in ("out", "bad"):
        Path(folder).mkdir()
        Path(folder, "day=1").symlink_to(Path("elsewhere").resolve())
    told = "{}/day=1: is a link, through which a file would be written elsewhere"
    hint = "remove the link, or name another place: --out PARQUET"
    assert failed(bundle) == [(ConfigurationError, told.format("out"), hint)]
    assert failed(bundle, refused="bad") == [(ConfigurationError, told.format("out"), hint)]
    Path("out/day=1").unlink()
    assert failed(bundle, refused="bad") == [(ConfigurationError, told.format("bad"), hint)]
    assert list(Path("elsewhere").iterdir()) == []


def test_a_file_of_another_kind_is_told_with_what_makes_it_one_of_parquet(bundle: Path) -> None:
    table().write_csv("rows.csv")
    ((kind, message, hint),) = failed(bundle, into="scores.parquet", input="rows.csv")
    assert (kind, message) == (DataError, "rows.csv: is no Parquet file")
    code = hint.partition('-c "')[2].partition('"')[0]
    exec(code)  # what the hint says to type
    assert hint.endswith(", then --in rows.parquet")
    assert scored(bundle, "scores.parquet", input="rows.parquet").document.scored


def test_two_runs_do_not_write_into_one_place(bundle: Path) -> None:
    write("in/a.parquet", table())
    with alone(Path(".out.lock")):
        assert refused(bundle, InfrastructureError) == (
            "out: another `mlops score` writes there",
            "wait until it ended",
        )


def test_places_at_addresses_are_read_and_written(bundle: Path, tmp_path: Path) -> None:
    write("in/day=1/a.parquet", table(bad=3))
    given, into, bad = (f"file://{tmp_path}/{name}" for name in ("in", "out", "bad"))
    outcome = scored(bundle, into, input=given, refused=bad)
    assert outcome.document.scored == ("day=1/a.parquet",)
    assert scored(bundle, into, input=given, refused=bad).document.scored == ()
    scored(bundle, "here", refused="bad-here")
    for at, here in (("out", "here"), ("bad", "bad-here")):
        assert Path(at, "day=1/a.parquet").read_bytes() == Path(here, "day=1/a.parquet").read_bytes()
    assert ScoringManifest.parse(Path("out.manifest.json").read_bytes()) == outcome.document.manifest


@pytest.mark.parametrize("ships", [False, True])
def test_the_monitor_reads_what_was_answered_and_labels_find_it(bundle: Path, tmp_path: Path, ships: bool) -> None:
    source = write("in/a.parquet", table(bad=7))
    os.utime(source, (1_790_000_000, 1_790_000_000))
    place = RemoteFolder.parse(f"file://{tmp_path}/shipped") if ships else None
    log = Log(tmp_path / "log", place, "log", tmp_path / "cache")
    scored(bundle, log=log, refused="bad")
    (segment,) = segments(tmp_path / ("shipped" if ships else "log"))
    assert segment.name.startswith("20260921T141320000000Z-20260921T141320000000Z-")
    head, *records = map(json.loads, gzip.decompress(segment.read_bytes()).splitlines())
    made = pl.read_parquet("out/a.parquet").drop_nulls("predictions")
    assert [each["prediction_id"] for each in records] == made["prediction_id"].to_list()
    assert [each["output"] for each in records] == [[value] for value in made["predictions"].to_list()]
    minute = int(datetime.fromisoformat("2026-09-21T14:13:00+00:00").timestamp()) * 1_000_000
    assert head["refused"] == [[minute, "visits", "null", 1]]
    day = Window(datetime(2026, 9, 21, tzinfo=UTC), datetime(2026, 9, 22, tzinfo=UTC))
    records = read([segment.parent], day, digest_file(bundle / "manifest.json"))
    visits = dict(zip(made["prediction_id"], table(bad=7)["visits"].drop_nulls(), strict=True))
    assert dict(zip(records.identity, records.features["visits"], strict=True)) == visits
    assert (records.others, dict(records.refused)) == (0, {("visits", "null"): 1})
    Path("out/a.parquet").unlink()
    scored(bundle, log=log, refused="bad")
    assert [path.name for path in segments(segment.parent)] == [segment.name]


def test_the_verb_says_what_was_done(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write("in/a.parquet", table(bad=7))
    command = ["score", "bundle", "--in", "in", "--out", "out", "--carry", "y", "--refused", "bad"]
    assert run(command) == 0
    out, err = capsys.readouterr()
    digest = digest_file(bundle / "manifest.json")
    assert out == f"40 rows in 1 file, 1 of them refused, 1 file scored now by {digest}\n"
    assert err == "in/a.parquet: 40 rows scored, 1 refused\nmanifest: out.manifest.json\n"
    assert run([*command, "-o", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["scored"], said["written"], said["manifest"]["rows"]) == ([], "out.manifest.json", 40)
    assert run([*command[:-2], "--bundle", "bundle", "--expect", f"sha256:{'0' * 64}"]) == 5
    assert run(["score", "bundle", "--in", "in"]) == 4
    assert "bundle: nothing says where predictions go: --out is missing" in capsys.readouterr().err
    assert run(["score"]) == 4


@pytest.mark.parametrize("bad", [None, 3])
def test_a_list_of_refused_rows_replaces_and_deletes_no_file_of_others(bad: int | None, bundle: Path) -> None:
    write("in/a.parquet", table(bad=bad))
    theirs = write("lists/a.parquet", table()).read_bytes()
    said = "lists: a.parquet is there already, and `mlops score` did not write it"
    hint = "name another place: --refused PARQUET"
    assert failed(bundle, refused="lists") == [(ConfigurationError, said, hint)]
    assert Path("lists/a.parquet").read_bytes() == theirs
    assert not Path("out").exists()


def test_a_folder_may_be_called_as_a_pattern_is(bundle: Path) -> None:
    write("in [x]*/a.parquet", table(bad=3))
    for fresh in (("a.parquet",), ()):
        outcome = scored(bundle, input="in [x]*", into="out [x]*", refused="bad [x]*")
        assert (outcome.document.scored, outcome.failed) == (fresh, ())


def test_a_place_on_this_machine_is_the_same_by_its_address(bundle: Path) -> None:
    write("in/a.parquet", table())
    out = f"file://{Path.cwd()}/in/scores"
    said = f"--out {out} lies in --in in"
    assert refused(bundle, ConfigurationError, into=out) == (said, "name another place: --out PARQUET")


def test_a_folder_without_a_name_is_refused() -> None:
    class Keys(Here):
        def names(self) -> Iterator[str]:
            yield from ("a.parquet", "/etc/b.parquet")

    with pytest.raises(DataError) as caught:
        partitions("s3://b/in", Keys(Path()), "")
    assert (caught.value.message, caught.value.hint) == (
        "s3://b/in//etc/b.parquet: has a folder without a name",
        "take it out, or name another folder",
    )
