"""Requests as users send them: what the file spells is taken, and what is not is refused in a sentence at its field."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mlops.serve.app import create
from mlops.stages.tables import scored
from tests.builders.client import Client
from tests.builders.file_bundle import FileBundle

if TYPE_CHECKING:
    import httpx

ROWS = 120
HEADER = ["order", "city", "zip", "price", "count", "when", "paid", "y"]


def written(row: int, random: np.random.Generator) -> list[str]:
    """A row as a shop in America exports it."""
    return [
        f"o{row}",
        ("Köln", "Bonn", "São Paulo")[row % 3],
        ("01067", "10115", "80331")[row % 3],
        f"${random.integers(1, 9)},{random.integers(100, 999)}.{random.integers(10, 99)}",
        "" if row % 9 == 4 else f"{random.integers(0, 40)}",
        f"2024-{row % 12 + 1:02}-{row % 28 + 1:02} {row % 24:02}:30:00 UTC",
        ("Y", "N")[row % 2],
        ("good", "bad")[row % 7 < 3],
    ]


def text_of(records: list[list[str]], **how: Any) -> str:
    out = io.StringIO()
    csv.writer(out, **{"lineterminator": "\n", **how}).writerows(records)
    return out.getvalue()


RECORDS = [HEADER, *(written(row, np.random.default_rng(row)) for row in range(ROWS))]
PLAIN: dict[str, Any] = {
    "city": "Köln",
    "zip": "01067",
    "price": 1299.99,
    "count": 3,
    "when": "2024-04-03T08:30:00",
    "paid": True,
}

NO_HEADER = "the header names no column of the model: send one, with a comma, `;`, tab or `|` between"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> FileBundle:
    columns: dict[str, Any] = {"count": {"nulls": {"at_most": 0.2}}}
    found = FileBundle(tmp_path_factory.mktemp("shop") / "of", text_of(RECORDS), columns=columns, keys=("order",))
    assert found.failed == []
    return found


@pytest.fixture(scope="module")
def client(shop: FileBundle) -> Client:
    return Client(create(shop.folder, expected=shop.digest))


def asked(client: Client, *rows: dict[str, Any]) -> httpx.Response:
    return client.post("/invocations", json={"dataframe_records": list(rows)})


@pytest.mark.parametrize(
    "change",
    [
        {"price": "$1,299.99"},
        {"price": " $1299.99 "},
        {"count": "3"},
        {"count": 3.0},
        {"count": " 3.0 "},
        {"when": "2024-04-03 08:30:00 UTC"},
        {"when": "2024-04-03T08:30:00Z"},
        {"when": "2024-04-03T10:30:00+02:00"},
        {"paid": "Y"},
        {"paid": "yes "},
        {"paid": 1},
        {"city": "Ko\u0308ln"},
        {"order": 17},
        {"order": None},
        {"y": "good"},
        {"y": None},
    ],
    ids=str,
)
def test_what_the_file_or_a_program_spells_is_the_same_row(client: Client, change: dict[str, Any]) -> None:
    said = asked(client, PLAIN, PLAIN | change)
    assert said.status_code == 200, said.json()
    first, second = said.json()["predictions"]
    assert first == second


@pytest.mark.parametrize("empty", [None, "", "  ", "nan"], ids=repr)
def test_a_missing_number_is_missing_however_it_is_spelt(client: Client, empty: str | None) -> None:
    said = asked(client, PLAIN | {"count": None}, PLAIN | {"count": empty})
    assert said.status_code == 200, said.json()
    assert len(set(said.json()["predictions"])) == 1


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"price": "1.299,99 €"}, "must be a number, not a string"),
        ({"price": "inf"}, "must be a number, not a string"),
        ({"price": None}, "must not be null: the training data had no nulls here"),
        ({"count": 3.5}, "must be a whole number"),
        ({"count": [3]}, "must be a whole number, not an array"),
        ({"when": 1712133000}, "must be a time like 2024-05-31T12:00:00, not a number"),
        ({"when": "03.04.2024"}, "must be a time like 2024-05-31T12:00:00"),
        ({"paid": "ja"}, "must be true or false, not a string"),
        ({"paid": 2}, "must be true or false, not a number"),
        ({"zip": 1067}, "must be a string, not a number"),
        ({"city": ""}, "must not be null: the training data had no nulls here"),
        ({"Unnamed: 0": 0}, "is not a field of this model"),
        ({"__row__": 0}, "is not a field of this model"),
        ({"City": "Bonn"}, "is not a field of this model"),
    ],
    ids=str,
)
def test_what_is_something_else_is_refused_at_its_field(client: Client, change: dict[str, Any], problem: str) -> None:
    said = asked(client, PLAIN, PLAIN | change)
    assert said.status_code == 400
    assert said.json()["problems"] == [{"row": 1, "field": next(iter(change)), "problem": problem}]


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": {"columns": [*PLAIN], "index": [7], "data": [[*PLAIN.values()]]}},
        {"dataframe_split": {"columns": [*PLAIN][::-1], "data": [[*PLAIN.values()][::-1]]}},
        {"instances": [PLAIN]},
        {"inputs": {name: [value] for name, value in PLAIN.items()}},
    ],
    ids=["pandas, split", "columns in another order", "instances", "columns"],
)
def test_every_form_of_mlflow_is_one_row(client: Client, body: dict[str, Any]) -> None:
    assert client.post("/invocations", json=body).json() == asked(client, PLAIN).json()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            json.dumps([PLAIN]),
            "the body must be an object with one of dataframe_split, dataframe_records, instances, inputs",
        ),
        (
            json.dumps({"dataframe_records": [PLAIN | {"count": float("nan")}]}),
            "the body is not JSON: NaN is not JSON, send null for a missing value",
        ),
        (
            json.dumps({"inputs": {name: {"0": value} for name, value in PLAIN.items()}}),
            "inputs must be a list of rows or an object of lists, one per column",
        ),
    ],
    ids=["a bare list", "NaN of Python's json", "pandas, to_dict()"],
)
def test_a_body_that_programs_make_by_mistake_says_what_to_send(client: Client, body: str, message: str) -> None:
    said = client.post("/invocations", content=body.encode(), headers={"content-type": "application/json"})
    assert (said.status_code, said.json()["message"]) == (400, message)


@pytest.mark.parametrize(
    "how",
    [
        {"quoting": csv.QUOTE_ALL},
        {"quoting": csv.QUOTE_ALL, "delimiter": ";"},
        {"quoting": csv.QUOTE_ALL, "delimiter": "\t", "lineterminator": "\r\n"},
        {"quoting": csv.QUOTE_NONNUMERIC, "delimiter": "|"},
        {"lineterminator": "\r"},
        {"lineterminator": "\n\n"},
    ],
    ids=["all quoted", "all quoted, semicolons", "all quoted, tabs", "texts quoted", "old Mac", "blank lines"],
)
def test_the_file_as_other_programs_write_it_scores_as_its_rows_do(
    shop: FileBundle, client: Client, how: dict[str, Any]
) -> None:
    said = client.post("/invocations", content=text_of(RECORDS, **how).encode(), headers={"content-type": "text/csv"})
    assert said.status_code == 200, said.json()
    assert said.json()["predictions"] == scored(shop.predictor, shop.frame).tolist()


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([["", *HEADER], ["0", *RECORDS[1]]], [("unnamed_1", "is not a field of this model")]),
        ([["sep=,"], *RECORDS[:2]], NO_HEADER),
        ([[name.upper() for name in HEADER], RECORDS[1]], NO_HEADER),
        ([HEADER, [*RECORDS[1], ""]], "row 0 has 9 fields, and the header 8"),
    ],
    ids=["the index of pandas", "a line for Excel", "capitals", "a comma at the end"],
)
def test_a_table_with_other_columns_is_refused_in_a_sentence(client: Client, records: Any, said: Any) -> None:
    answer = client.post("/invocations", content=text_of(records).encode(), headers={"content-type": "text/csv"})
    found = answer.json()
    assert answer.status_code == 400
    told = [(one["field"], one["problem"]) for one in found["problems"]] if "problems" in found else found["message"]
    assert told == said
