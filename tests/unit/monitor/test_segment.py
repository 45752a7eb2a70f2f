"""Segments of a prediction log: what a server wrote is what is read, whichever release wrote it."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.bundle.prediction_log import Spelling, segment_name
from mlops.bundle.schema import Field, RequestSchema
from mlops.errors import IntegrityError
from mlops.monitor.log import read
from mlops.monitor.segment import read_refusals, read_segment
from mlops.monitor.windows import Window

SCHEMA = RequestSchema(
    fields=(
        Field(name="age", type="float", nullable=True),
        Field(name="visits", type="int", nullable=True),
        Field(name="insured", type="bool", nullable=True),
        Field(name="plan", type="category", nullable=True),
        Field(name="seen", type="datetime", nullable=True),
    )
)
ROW = {"age": 40.5, "visits": 3, "insured": True, "plan": "basic", "seen": "2020-05-01T08:00:00"}
AT = 1_780_000_000_000_000  # microseconds since 1970
ROWS = st.fixed_dictionaries(
    {
        "age": st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**80), 2**80),
        "visits": st.none() | st.integers(-(2**63), 2**63 - 1) | st.sampled_from([3.0, -0.0, 2.0**40]),
        "insured": st.none() | st.booleans(),
        "plan": st.none() | st.text(st.characters(exclude_categories=["Cs"])),
        "seen": st.none() | st.datetimes().map(datetime.isoformat),
    }
)
SCORES = st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=2, max_size=2)


def lines(rows: list[dict[str, Any]], scores: list[list[float]], records: int | None = None) -> bytes:
    spelling = Spelling(SCHEMA, "sha256:b")
    return spelling.head(len(rows) if records is None else records) + spelling.records("p", AT, rows, scores)


def write(folder: Path, content: bytes, unique: str = "p-0") -> Path:
    path = folder / segment_name(AT, AT, unique)
    path.write_bytes(gzip.compress(content, 1, mtime=0))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log")


@pytest.mark.slow
@given(st.lists(st.tuples(ROWS, SCORES), min_size=1, max_size=5))
def test_what_a_server_writes_is_read_to_the_bit(
    folder: Path, records: list[tuple[dict[str, Any], list[float]]]
) -> None:
    rows, scores = [row for row, _ in records], [output for _, output in records]
    frame = read_segment(write(folder, lines(rows, scores)))
    kinds = {"age": float, "visits": int}
    expected = [
        {name: kinds[name](value) if name in kinds and value is not None else value for name, value in row.items()}
        for row in rows
    ]
    assert frame["features"].to_list() == expected
    assert frame["output"].to_list() == scores
    assert frame["prediction_id"].to_list() == [f"p-{index}" for index in range(len(rows))]
    assert set(frame["at"]) == {datetime.fromtimestamp(AT // 10**6, UTC)}
    assert set(frame["bundle"]) == {"sha256:b"}


def write_earlier(folder: Path, identity: str, rows: list[dict[str, Any]], scores: list[list[float]]) -> None:
    """Write a segment as releases before this form did."""
    frame = pl.DataFrame(
        {
            "prediction_id": [f"{identity}-{index}" for index in range(len(rows))],
            "at": pl.Series([AT] * len(rows), dtype=pl.Int64).cast(pl.Datetime("us", "UTC")),
            "bundle": ["sha256:b"] * len(rows),
            "features": rows,
            "output": scores,
        }
    )
    frame.write_parquet(folder / segment_name(AT, AT, "a-0").replace(".jsonl.gz", ".parquet"))


def test_segments_of_both_forms_are_one_log_and_a_record_in_both_counts_once(tmp_path: Path) -> None:
    write_earlier(tmp_path, "p", [ROW, ROW | {"plan": None}], [[0.25, 0.75], [0.5, 0.5]])
    write_earlier(tmp_path, "p", [ROW, ROW | {"plan": None}], [[0.25, 0.75], [0.5, 0.5]])
    write(tmp_path, lines([ROW, ROW | {"plan": None}, ROW | {"age": None}], [[0.25, 0.75], [0.5, 0.5], [1.0, 0.0]]))
    now = datetime.fromtimestamp(AT // 10**6, UTC)
    found = read([tmp_path], Window(now.replace(hour=0), now.replace(hour=23, minute=59)), "sha256:b")
    assert found.identity.to_list() == ["p-0", "p-1", "p-2"]
    assert found.features.rows(named=True) == [ROW, ROW | {"plan": None}, ROW | {"age": None}]
    assert found.output.to_list() == [[0.25, 0.75], [0.5, 0.5], [1.0, 0.0]]


def test_the_same_records_are_the_same_bytes(tmp_path: Path) -> None:
    one, other = (write(tmp_path, lines([ROW], [[0.5, 0.5]]), unique).read_bytes() for unique in ("p-0", "q-0"))
    assert one == other


HEAD, RECORD = lines([ROW], [[0.5, 0.5]]).splitlines(keepends=True)


def counting(*refused: Any) -> bytes:
    return json.dumps(json.loads(HEAD) | {"refused": list(refused)}).encode() + b"\n"


NEWER = json.dumps(json.loads(HEAD) | {"schema_version": 2}).encode() + b"\n"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(gzip.compress(HEAD + RECORD)[:-9], id="cut short"),
        pytest.param(gzip.compress(HEAD + RECORD)[:-8] + b"\0" * 8, id="other bytes than its checksum"),
        pytest.param(HEAD + RECORD, id="not packed"),
        pytest.param(gzip.compress(HEAD), id="fewer records than promised"),
        pytest.param(gzip.compress(HEAD + RECORD * 2), id="more records than promised"),
        pytest.param(gzip.compress(NEWER + RECORD), id="another form"),
        pytest.param(gzip.compress(RECORD), id="no head"),
        pytest.param(gzip.compress(b"[]\n"), id="a head that is a list"),
        pytest.param(gzip.compress(HEAD + b"{]\n"), id="not JSON"),
        pytest.param(b"", id="empty"),
    ],
)
def test_what_is_no_whole_segment_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / segment_name(AT, AT, "p-0")
    path.write_bytes(content)
    with pytest.raises(IntegrityError) as caught:
        read_segment(path)
    assert caught.value.message == f"{path.name} is no segment of a prediction log"
    assert caught.value.hint == "move it away; its records are lost"


def test_refused_rows_are_read_by_window_and_by_the_bundle_that_refused_them(tmp_path: Path) -> None:
    now = datetime.fromtimestamp(AT // 10**6, UTC)
    minute = AT - AT % 60_000_000
    counts = [
        [minute, "visits", "null", 3],
        [minute, "(unknown)", "batch", 2],
        [minute + 3_600_000_000, "age", "type", 5],
    ]
    write(tmp_path, counting(*counts) + RECORD)
    write(tmp_path, counting([minute, "visits", "null", 4]) + RECORD.replace(b'"p-', b'"q-'), "q-0")
    window = Window(now - timedelta(minutes=1), now + timedelta(minutes=1))
    found = read([tmp_path], window, "sha256:b")
    assert found.refused == {("visits", "null"): 7, ("(unknown)", "batch"): 2}
    assert len(found) == 2
    assert read([tmp_path], window, "sha256:other").refused == {}


@pytest.mark.parametrize(
    "refused",
    [
        pytest.param([1, "age", "null"], id="too short"),
        pytest.param([1, "age", "Ada Lovelace", 1], id="a reason of its own"),
        pytest.param([1, 5, "null", 1], id="a column that is no name"),
        pytest.param([1, "age", "null", -1], id="less than none"),
        pytest.param([1, "age", "null", True], id="no number"),
    ],
)
def test_other_counts_of_refused_rows_are_refused(tmp_path: Path, refused: list[Any]) -> None:
    path = write(tmp_path, counting(refused) + RECORD)
    now = datetime.fromtimestamp(AT // 10**6, UTC)
    with pytest.raises(IntegrityError, match=r"is no segment of a prediction log$"):
        read_refusals(path, now, now, "sha256:b")
