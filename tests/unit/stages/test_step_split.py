import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from mlops.errors import DataError
from mlops.ml.data import official_test, parquet
from mlops.ml.data.splits import PARTS, digest
from mlops.stages import split
from mlops.stages.context import StageContext

pytestmark = pytest.mark.slow

ROWS = 1_000


def table(rows: int = ROWS) -> pl.DataFrame:
    draw = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "__row__": range(rows),
            "zper": draw.integers(0, rows // 3, rows),
            "day": draw.integers(0, rows, rows),
            "x": draw.normal(size=rows),
            "any_use": draw.random(rows) < 0.7,
        }
    )


def run(folder: Path, frame: pl.DataFrame, **params) -> dict[str, pl.DataFrame]:
    parquet.write(frame, folder / "artifacts" / "valid.parquet")
    section = {"target": "any_use", "task": "binary", **params}
    split.run(StageContext(folder, "rand_hie", "split", section))
    return {name: pl.read_parquet(folder / "artifacts" / "split" / f"{name}.parquet") for name in PARTS}


def report(folder: Path):
    return json.loads((folder / "reports" / "split.json").read_text())


@pytest.mark.parametrize(
    "params",
    [{"by": "random"}, {"by": "stratified"}, {"by": "group", "key": "zper"}, {"by": "time", "key": "day"}],
    ids=lambda params: params["by"],
)
def test_the_parts_hold_every_row_once(tmp_path, params):
    frame = table()
    parts = run(tmp_path, frame, **params)
    assert pl.concat(parts.values()).sort("__row__").equals(frame)


def test_a_group_split_keeps_people_apart_and_reports_them(tmp_path):
    parts = run(tmp_path, table(), by="group", key="zper", entity="zper")
    found = report(tmp_path)
    assert (found["schema_version"], found["by"], found["entity_overlap"]) == (1, "group", 0)
    for name, rows in parts.items():
        described = found["parts"][name]
        assert described["rows"] == rows.height
        assert described["entities"] == rows["zper"].n_unique()
        assert described["digest"] == digest(rows["__row__"])
        assert sum(label["rows"] for label in described["target"]["classes"]) == rows.height


def test_people_in_two_parts_are_refused(tmp_path):
    frame = pl.DataFrame({"__row__": range(40), "zper": [row // 4 for row in range(40)], "any_use": [True, False] * 20})
    with pytest.raises(DataError) as caught:
        run(
            tmp_path,
            frame,
            by="time",
            key="__row__",
            entity="zper",
            fractions={"train": 0.55, "validation": 0.25, "test": 0.2},
        )
    assert caught.value.message == "1 of 10 values of the entity zper are in more than one part"
    assert caught.value.hint == "split by group: split: {by: group, key: zper}"
    assert not (tmp_path / "artifacts" / "split").exists()
    assert not (tmp_path / "reports" / "split.json").exists()


def test_a_class_that_is_missing_from_a_part_is_refused(tmp_path):
    frame = table(30).with_columns(any_use=pl.Series([True] * 29 + [False]))
    with pytest.raises(DataError) as caught:
        run(tmp_path, frame, by="time", key="__row__")
    assert caught.value.message == (
        "the class False of any_use is missing from train\n  the class False of any_use is missing from validation"
    )


def test_an_empty_part_is_refused(tmp_path):
    frame = table(30).with_columns(zper=pl.lit(1))
    with pytest.raises(DataError, match="the part .* has no rows"):
        run(tmp_path, frame, by="group", key="zper")


def test_a_regression_reports_mean_and_spread(tmp_path):
    run(tmp_path, table(), target="x", task="regression", by="stratified")
    assert set(report(tmp_path)["parts"]["test"]["target"]) == {"mean", "std"}


def test_the_same_rows_give_the_same_bytes(tmp_path):
    contents = []
    for place in ("here", "there"):
        run(tmp_path / place, table(), by="stratified")
        files = sorted(path for path in (tmp_path / place).rglob("*") if path.is_file())
        contents.append([path.read_bytes() for path in files])
    assert contents[0] == contents[1]


def test_fractions_add_up_to_one(tmp_path):
    with pytest.raises(ValidationError, match=r"the fractions add up to 1\.1, not 1"):
        run(tmp_path, table(), fractions={"train": 0.7, "validation": 0.2, "test": 0.2})


def test_a_missing_table_says_what_to_run(tmp_path):
    with pytest.raises(DataError) as caught:
        split.run(StageContext(tmp_path, "x", "split", {"target": "y", "task": "binary"}))
    assert caught.value.message == "artifacts/valid.parquet is not there or cannot be read"
    assert caught.value.hint == "dvc repro runs the stage that writes it"


def official(folder: Path, frame: pl.DataFrame, rows: int, **params) -> dict[str, pl.DataFrame]:
    told = official_test.OfficialTest("judged.csv", rows, "sha256:1", "sha256:2")
    parquet.write(frame, folder / "artifacts" / "valid.parquet", official_test.spelled(told))
    section = {"target": "any_use", "task": "binary", "official_test": True, **params}
    split.run(StageContext(folder, "rand_hie", "split", section))
    return {name: pl.read_parquet(folder / "artifacts" / "split" / f"{name}.parquet") for name in PARTS}


def test_an_official_test_set_is_the_test_part_and_what_it_shares_is_told(tmp_path):
    parts = official(tmp_path, table(), 200, by="group", key="zper", entity="zper")
    assert parts["test"]["__row__"].to_list() == list(range(200))
    learnt = {*parts["train"]["zper"], *parts["validation"]["zper"]}
    shared = len({*parts["test"]["zper"]} & learnt)
    found = report(tmp_path)
    assert found["entity_overlap"] == shared > 0
    (told,) = [check for check in found["checks"] if check["name"] == "entity_overlap"]
    total = parts["test"]["zper"].n_unique()
    assert told["message"] == f"{shared} of {total} values of the entity `zper` in the test set are learnt from, too"
    assert not {*parts["train"]["zper"]} & {*parts["validation"]["zper"]}


def test_beside_an_official_test_set_people_in_train_and_validation_are_refused_as_ever(tmp_path):
    with pytest.raises(DataError) as caught:
        official(tmp_path, table(), 200, by="random", entity="zper")
    assert caught.value.hint == "split by group: split: {by: group, key: zper}"
