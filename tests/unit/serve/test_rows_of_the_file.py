"""What the file of the data spells the server accepts, with the scores that the rows of the file have."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import jsonschema
import numpy as np
import pytest

from mlops.blocks.limits import Limits
from mlops.bundle.prediction_log import segments
from mlops.monitor.segment import read_segment
from mlops.serve.app import create
from mlops.serve.door import Door
from mlops.stages.tables import scored
from tests.builders.client import Client
from tests.builders.file_bundle import FileBundle

if TYPE_CHECKING:
    from pathlib import Path

CSV = {"content-type": "text/csv"}
HEADER = "person;mail;amount;seen;born;member;zone;plan;late;y"


def file_of(rows: int = 120) -> str:
    """A file as Excel writes it in Germany, with a gap in every column but the key and the target."""
    random, lines = np.random.default_rng(3), [HEADER]
    for row in range(rows):
        cells = [
            f"{random.integers(1, 9)}.{random.integers(100, 999)},{random.integers(10, 99)} €",
            f"{row % 28 + 1:02d}.{row % 12 + 1:02d}.2024 {row % 24:02d}:30",
            f"{row % 28 + 1}.{row % 12 + 1}.19{50 + row % 40}",
            ("Yes", "no", "YES")[row % 3],
            ("101", "205", "311")[row % 3],
            ("basic", "NA", "gold")[row % 3],
        ]
        cells[row % 6] = "" if row % 10 == 0 else cells[row % 6]
        lines.append(";".join([f"p{row // 2}", f"a{row}@example.org", *cells, f"{row}", ("good", "bad")[row % 7 < 3]]))
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> FileBundle:
    columns: dict[str, Any] = {
        "zone": {"type": "category", "nulls": {"at_most": 0.1}},
        "mail": {"personal": True},
    }
    folder = tmp_path_factory.mktemp("rows") / "of"
    found = FileBundle(
        folder, file_of(), ("", "NA"), columns=columns, entity="person", keys=("mail",), exclude=("late",)
    )
    assert found.failed == []
    return found


@pytest.fixture
def client(made: FileBundle, tmp_path: Path) -> Client:
    return Client(create(made.folder, expected=made.digest, log=tmp_path / "log"))


def test_the_file_itself_is_a_request_and_scores_as_its_rows_do(made: FileBundle, client: Client) -> None:
    said = client.post("/invocations", content=file_of().encode(), headers=CSV)
    assert said.json()["predictions"] == scored(made.predictor, made.frame).tolist()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "windows-1252", "utf-16"])
def test_it_may_be_encoded_as_programs_do(made: FileBundle, client: Client, encoding: str) -> None:
    charset = {"utf-8-sig": "utf-8"}.get(encoding, encoding)
    headers = {"content-type": f'Text/CSV; charset="{charset}"; header=present'}
    text = file_of().replace("\n", "\r\n")
    said = client.post("/invocations", content=text.encode(encoding), headers=headers)
    assert said.json()["predictions"] == scored(made.predictor, made.frame).tolist()


def test_json_may_spell_rows_as_the_file_or_as_json_does(client: Client) -> None:
    spelt = {"amount": "1.299,99 €", "seen": "03.04.2024 08:30", "born": "3.4.1970", "member": "Yes", "zone": 101}
    plain = {"amount": 1299.99, "seen": "2024-04-03T08:30:00", "born": "1970-04-03", "member": True, "zone": "101"}
    rows = [{**spelt, "plan": "NA"}, {**plain, "plan": None}, {**spelt, "plan": "NA", "zone": 101.0, "member": 1}]
    said = client.post("/invocations", json={"inputs": rows}).json()["predictions"]
    assert said[0] == said[1] == said[2]


def test_keys_are_kept_in_the_log_and_nothing_else_of_the_file_is(made: FileBundle, tmp_path: Path) -> None:
    app = create(made.folder, log=tmp_path / "log")
    text = file_of(4)
    assert Client(app).post("/invocations", content=text.encode(), headers=CSV).status_code == 200
    app.state.log.close()
    (path,) = segments(tmp_path / "log")
    content = gzip.decompress(path.read_bytes())
    _, *records = (json.loads(line) for line in content.splitlines())
    assert [record["keys"] for record in records] == [{"person": f"p{row // 2}"} for row in range(4)]
    assert sorted(records[0]["features"]) == ["amount", "born", "member", "plan", "seen", "zone"]
    assert b"example.org" not in content
    assert read_segment(path)["features"].struct.field("seen")[0] == "2024-01-01T00:30:00"


@pytest.mark.parametrize("value", [[1], {"a": 1}, "x" * 101, 10**400])
def test_a_key_that_no_log_can_keep_is_refused(made: FileBundle, client: Client, value: Any) -> None:
    row = {**json.loads((made.folder / "golden.json").read_bytes())["rows"][0], "person": value}
    said = client.post("/invocations", json={"inputs": [row]})
    assert said.status_code == 400
    assert said.json()["problems"][0]["problem"] == (
        "must be a text of at most 100 characters, a number, true, false or null: the log keeps it"
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the body is empty: send a header row, then a row a line"),
        (b"\xff\xfe", "the body is not text in utf-8"),
        (b"a,b\n1,2\n", "the header names no column of the model: send one, with a comma, `;`, tab or `|` between"),
        (b"amount,amount\n1,2\n", "the header names a column twice"),
        (b"amount,plan\n1\n", "row 0 has 1 fields, and the header 2"),
        (b'amount,plan\n1,"a\n', "the body is not CSV: unexpected end of data"),
        (b"amount,plan\n1,a\n", "5 problems in the rows of the request"),
    ],
)
def test_what_is_no_csv_is_said(client: Client, body: bytes, message: str) -> None:
    said = client.post("/invocations", content=body, headers=CSV)
    assert (said.status_code, said.json()["message"]) == (400, message)


def test_too_many_rows_are_not_read(made: FileBundle) -> None:
    client = Client(create(made.folder, door=Door(Limits(rows=3))))
    said = client.post("/invocations", content=file_of(4).encode(), headers=CSV)
    assert (said.status_code, said.json()["message"]) == (
        413,
        "the request has more than 3 rows: send fewer at a time",
    )


def test_the_published_schema_tells_of_keys_forms_and_an_example(made: FileBundle, client: Client) -> None:
    schema = client.get("/schema").json()
    (example,) = schema["examples"]
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(example)
    assert client.post("/invocations", json=example).status_code == 200
    row = example["dataframe_records"][0]
    assert validator.is_valid({"dataframe_records": [{**row, "person": "p1", "late": "3"}]})
    assert not validator.is_valid({"dataframe_records": [{**row, "person": "x" * 101}]})
    listed = schema["oneOf"][0]["properties"]["dataframe_records"]["items"]["properties"]
    assert listed["born"]["description"].endswith("%d.%m.%Y in the file")
    assert listed["late"] == {"description": "of the file; not read"}
