"""A column of sentences from the table to the answer: the same in training and at the server."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mlops.bundle.predictor import Predictor
from mlops.bundle.request_form import json_schema
from mlops.errors import DataError
from mlops.ml.data import sources
from mlops.serve.csv_rows import rows_of
from mlops.serve.invocations import answer
from mlops.sources.source import Source
from mlops.stages.tables import scored
from tests.builders.staged import Staged, staged
from tests.builders.texts import table

pytestmark = pytest.mark.slow

ODD = (
    'He said "good", then left',
    "two\nlines, and a \r\nthird",
    "warm; 'quick' | kind\tand great",
    "très bon \N{THUMBS UP SIGN} cafe\N{COMBINING ACUTE ACCENT}",
    "=SUM(A1) -- not a formula",
    "  ",
)
COLUMNS = {"review": {"type": "text", "nulls": {"at_most": 0.1}}}
SHORT = {"text": {"ngrams": [1, 2], "min_count": 2}, "groups": ["text:*"]}


def odd_table() -> pl.DataFrame:
    """Reviews, every tenth of them with an odd thing in it, and some missing."""
    made = table(300)
    odd = [f"{ODD[n // 10 % len(ODD)]} {text}" if n % 10 == 0 else text for n, text in enumerate(made["review"])]
    return made.with_columns(pl.Series("review", [None if n % 97 == 5 else text for n, text in enumerate(odd)]))


def through_csv(folder: Path, made: pl.DataFrame) -> pl.DataFrame:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(made.columns)
    writer.writerows(made.iter_rows())
    (folder / "reviews.csv").write_text(out.getvalue(), encoding="utf-8", newline="")
    source = Source(kind="csv", path="reviews.csv")
    with sources.reading(source):
        return sources.scan(source, folder).collect().drop("__row__")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    folder = tmp_path_factory.mktemp("texts")
    read = through_csv(folder, odd_table())
    return staged(
        folder,
        read,
        "binary",
        validate={"columns": COLUMNS},
        features=SHORT,
        train={"explain": {"sample": 60, "key": None, "rows": []}},
        evaluate={"slices": ["review"], "robustness": {"unseen_categories": 0.5}},
    )


def test_a_csv_file_gives_texts_as_they_were_written(tmp_path: Path) -> None:
    made = odd_table()
    read = through_csv(tmp_path, made)
    blank = {None, "  "}
    assert [a == b or {a, b} <= blank for a, b in zip(read["review"], made["review"], strict=True)].count(False) == 0


def test_the_server_answers_as_training_did_to_the_bit(run: Staged) -> None:
    predictor = Predictor.open(run.folder / "artifacts/bundle")
    test = pl.concat([pl.read_parquet(run.folder / f"artifacts/split/{part}.parquet") for part in ("train", "test")])
    rows = [{name: row[name] for name in ("review", "stars")} for row in test.iter_rows(named=True)]
    expected = scored(predictor, test)
    assert predictor.predict_rows(rows).tobytes() == expected.tobytes()
    assert predictor.predict_rows(rows[:1]).tobytes() == expected[:1].tobytes()
    asked = json.dumps({"dataframe_records": rows[:20]}).encode()
    assert json.loads(answer(predictor, asked))["predictions"] == expected[:20].tolist()
    assert len({*expected.tolist()}) > 100


def test_texts_of_a_request_in_csv_are_those_of_one_in_json(run: Staged) -> None:
    predictor = Predictor.open(run.folder / "artifacts/bundle")
    rows = [{"review": f"{odd} good", "stars": 3} for odd in ODD]
    out = io.StringIO()
    writer = csv.DictWriter(out, ["review", "stars"])
    writer.writeheader()
    writer.writerows(rows)
    read = rows_of(out.getvalue().encode(), "utf-8", {"review", "stars"})
    assert predictor.predict_rows(read).tobytes() == predictor.predict_rows(rows).tobytes()


def test_words_matter(run: Staged) -> None:
    predictor = Predictor.open(run.folder / "artifacts/bundle")
    kind, unkind = predictor.predict_rows(
        [{"review": "great kind and warm", "stars": 3}, {"review": "late, rude and cold", "stars": 3}]
    ).tolist()
    assert unkind < 0.2
    assert kind > 0.8
    assert run.report("metrics")["models"]["candidate"]["auroc"]["value"] > 0.9


def test_no_review_leaves_the_table(run: Staged) -> None:
    """Neither the bundle nor a report holds a text that somebody wrote; words of several rows it does."""
    texts = [text for text in odd_table()["review"].drop_nulls() if len(text.split()) > 6]
    for path in [*(run.folder / "artifacts/bundle").iterdir(), *(run.folder / "reports").rglob("*.json")]:
        found = path.read_bytes().decode("utf-8", "replace")
        assert not [text for text in texts if json.dumps(text)[1:-1] in found or text in found], path.name


def test_reports_speak_of_lengths_and_of_words(run: Staged) -> None:
    explained = run.report("explanations")
    assert explained["columns"][0]["column"] == "review"
    told = {share["token"]: share["value"] for share in explained["tokens"]}
    assert told["great"] > 0 > told["rude"]
    (column,) = (each for each in run.report("data")["columns"] if each["name"] == "review")
    assert column["type"] == "text"
    assert len(column["profile"]["edges"]) > 2
    assert {each["slice"].split()[0] for each in run.report("metrics")["slices"]} >= {"up", "over"}


def test_the_form_of_a_request_has_an_example(run: Staged) -> None:
    predictor = Predictor.open(run.folder / "artifacts/bundle")
    golden = json.loads((run.folder / "artifacts/bundle/golden.json").read_text())["rows"]
    form: Any = json_schema(predictor.schema, golden[0])
    (rows, *_) = form["oneOf"]
    field = rows["properties"]["dataframe_records"]["items"]["properties"]["review"]
    assert field == {"type": ["string", "null"], "description": "sentences: the words of it are read"}
    assert isinstance(form["examples"][0]["dataframe_records"][0]["review"], str)


def test_a_search_for_leaks_finds_none_in_texts(run: Staged) -> None:
    checks = run.report("data")["checks"]
    assert [check for check in checks if "leak" in check["name"] and not check["passed"]] == []


def test_texts_that_nobody_reads_are_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no candidate reads the sentences of `review`: left out"):
        staged(
            tmp_path,
            table().drop("stars"),
            "binary",
            validate={"columns": {"review": {"type": "text"}}},
            features={"groups": ()},
        )


def test_the_array_has_ids_and_weights(run: Staged) -> None:
    x = np.load(run.folder / "artifacts/features/train_x.npy")
    recipe = json.loads((run.folder / "artifacts/features/transform.json").read_text())
    (text,) = recipe["texts"]
    length = text["length"]
    ids, weights = x[:, -2 * length : -length], x[:, -length:]
    assert (ids == np.round(ids)).all()
    assert ids.max() == len(text["vocabulary"])
    assert ((ids > 0) == (weights > 0)).all()
