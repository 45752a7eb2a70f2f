"""A body that is spelt evenly is read as orjson and the reader of plain rows read it, or is left to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.bundle.plain_rows import PlainRows
from mlops.bundle.predictor import Predictor
from mlops.bundle.table import Table
from mlops.serve import plain_requests, regular_bodies
from mlops.serve.regular_bodies import RegularBodies
from tests.builders.bundles import make_predictor
from tests.builders.mixed import KEPT
from tests.kept.make import unpack

GOOD = {"age": 40.5, "visits": 3, "insured": True, "plan": "basic", "joined": "2020-02-29", "seen": None}
PREDICTOR = make_predictor()
PLAIN = PlainRows(PREDICTOR)
REGULAR = RegularBodies(PLAIN)
FORMS = ("dataframe_records", "instances", "inputs", "dataframe_split", "lists", "columns")
SHORT, LONG = (",", ":"), (", ", ": ")


@pytest.fixture(autouse=True)
def _of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regular_bodies, "LEAST", 0)


def spell(form: str, rows: list[dict[str, Any]], separators: tuple[str, str] = LONG) -> bytes:
    """Spell rows as a body of a form."""
    names, data = list(rows[0]), [list(row.values()) for row in rows]
    said: dict[str, Any] = {form: rows}
    if form == "dataframe_split":
        said = {form: {"columns": names, "data": data}}
    elif form == "lists":
        said = {"inputs": [[row[name] for name in PLAIN.names] for row in rows]}
    elif form == "columns":
        said = {"instances": {name: [row[name] for row in rows] for name in names}}
    return json.dumps(said, separators=separators).encode()


def ordinarily(predictor: Predictor, plain: PlainRows, body: bytes) -> bytes | None:
    """Read a body by orjson: the model's input, or None."""
    given = plain_requests.read(body)
    found = None if given is None else plain_requests._rows(plain, given, None)
    return None if found is None else spelt(predictor, found[1])


def spelt(predictor: Predictor, table: Table) -> bytes:
    """Give the bytes of the model's input."""
    return predictor.transform.assemble(table, small=True).tobytes()


CENTS = st.integers(-99_999, 99_999).map(lambda cents: cents / 100)
NUMBERS = CENTS | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.sampled_from(["basic", "gold", "premium", "new", "", "NA", "a, b", 'a"b', "é", "gold" * 9])
VALUES = {
    "age": st.none() | NUMBERS | st.integers(-(2**64), 2**64),
    "visits": st.integers(0, 99) | st.integers(-(2**54), 2**54),
    "insured": st.booleans(),
    "plan": st.none() | TEXTS,
    "joined": st.sampled_from(["2020-02-29", "2021-05-01", "1999-12-31"]),
    "seen": st.none() | st.just("2021-05-01T08:00:00"),
}
OTHER = st.none() | st.booleans() | NUMBERS | TEXTS | st.lists(st.integers(), max_size=2)


@given(st.data(), st.sampled_from(FORMS), st.sampled_from([SHORT, LONG]), st.permutations(list(GOOD)))
def test_what_it_reads_is_what_orjson_reads(
    data: st.DataObject, form: str, separators: tuple[str, str], names: list[str]
) -> None:
    usual = st.fixed_dictionaries({name: st.just(GOOD[name]) | VALUES[name] for name in names})
    others = st.fixed_dictionaries({name: st.just(GOOD[name]) | VALUES[name] | OTHER for name in names})
    seldom = st.sampled_from([False, False, False, True])
    rows = data.draw(st.lists(others if data.draw(seldom) else usual, min_size=1, max_size=3))
    rows += [GOOD] * data.draw(st.integers(4, 9))
    body = spell(form, [{name: row[name] for name in names} for row in rows], separators)
    if data.draw(seldom):  # a mistake of whoever spelt it
        at, off = data.draw(st.integers(0, len(body))), data.draw(st.integers(0, 2))
        put = data.draw(st.sampled_from([b"", b" ", b",", b"[", b"]", b"}", b"0", b"-", b".", b'"', b"\0"]))
        body = body[:at] + put + body[at + off :]
    found = REGULAR.read(body)
    if found is not None:
        assert spelt(PREDICTOR, found[1]) == ordinarily(PREDICTOR, PLAIN, body)


@pytest.mark.parametrize("separators", [SHORT, LONG])
@pytest.mark.parametrize("form", FORMS)
def test_bodies_as_most_are_are_read(form: str, separators: tuple[str, str]) -> None:
    rows = [GOOD | {"age": age, "plan": plan} for age in (1, -2.25, None, 0.1234567) for plan in ("gold", "new", None)]
    body = spell(form, rows, separators)
    found = REGULAR.read(body)
    assert found is not None
    assert found[0] == len(rows)
    assert spelt(PREDICTOR, found[1]) == ordinarily(PREDICTOR, PLAIN, body)
    assert REGULAR.read(body, len(rows) - 1) is None


@pytest.mark.parametrize(
    ("form", "was", "instead"),
    [
        ("dataframe_records", b', "visits": ', b', "visit5": '),
        ("dataframe_records", b', "visits": ', b', "visits":\t'),
        ("dataframe_records", b'}, {"age": ', b'}, {"agE": '),
        ("dataframe_records", b'{"age": 40.5', b'{"age": 0x28'),
        ("dataframe_records", b"}, {", b"], {"),
        ("dataframe_split", b"], [", b"],\t["),
        ("dataframe_split", b"], [", b"]; ["),
        ("dataframe_split", b"40.5, 3", b"40.5,\0003"),
        ("dataframe_split", b"3, true", b"3, tru3"),
        ("dataframe_split", b'"visits"', b'"age"'),
        ("dataframe_split", b'"basic"', b'\0"basic"'),
        ("columns", b"[true", b"[\0true"),
        ("columns", b'"visits": [3, 3', b'"visits": [3,\x013'),
        ("columns", b'"visits": [3, 3', b'"visits": [3 3'),
        ("columns", b'], "visits"', b']; "visits"'),
        ("columns", b'"visits"', b'"age"'),
        ("lists", b"]]}", b"]]}}"),
    ],
)
def test_a_byte_between_values_that_is_another_is_seen(form: str, was: bytes, instead: bytes) -> None:
    body = spell(form, [GOOD] * 9)
    head, found, tail = body.rpartition(was) if was.startswith((b"]]", b"}, ", b"], [")) else body.partition(was)
    assert found
    assert REGULAR.read(head + instead + tail) is None


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.stem)
def test_rows_of_each_kind_of_bundle_are_read(kept: Path, tmp_path: Path) -> None:
    predictor = Predictor.open(bundle := unpack(kept, tmp_path / "bundle"))
    plain = PlainRows.of(predictor)
    regular = RegularBodies.of(plain)
    if plain is None or regular is None:
        assert plain is None
        return
    rows = [
        {name: round(value, 3) if type(value) is float else value for name, value in row.items()}
        for row in json.loads((bundle / "golden.json").read_bytes())["rows"]
    ]
    for form in ("dataframe_records", "dataframe_split", "columns"):
        body = spell(form, rows * 3)
        found, wanted = regular.read(body), ordinarily(predictor, plain, body)
        assert (found is None) == (wanted is None)
        assert found is None or spelt(predictor, found[1]) == wanted


def test_a_body_is_answered_alike_either_way() -> None:
    body = spell("dataframe_records", [GOOD | {"age": age / 4} for age in range(50)])
    counted: list[int] = []
    answers = [
        plain_requests.answer(PREDICTOR, PLAIN, body, lambda rows, *_: counted.append(len(rows)), None, regular)
        for regular in (None, REGULAR)
    ]
    assert answers[0] == answers[1] is not None
    assert counted == [50, 50]
    assert np.isfinite(json.loads(answers[0] or b"{}")["predictions"]).all()
