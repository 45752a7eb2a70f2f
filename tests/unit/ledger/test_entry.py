"""An entry is spelt in one way, and named by it."""

from __future__ import annotations

import hashlib

import pytest

from mlops.errors import IntegrityError
from mlops.ledger.entry import KINDS, Entry, states_of

A, B = "a" * 64, "b" * 64
ENTRY = Entry(
    kind="verdict", pipeline="churn", place="model", verdict="pass", documents={"x": f"sha256:{A}"}, parents=(B,)
)


def test_its_name_is_the_sha256_of_its_bytes() -> None:
    assert ENTRY.name == hashlib.sha256(ENTRY.data).hexdigest()
    assert Entry.parse(ENTRY.data) == ENTRY


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\xff",
        ENTRY.data + b"\n",
        ENTRY.data.replace(b" ", b"", 1),
        ENTRY.data.replace(b'"kind"', b'"knd"'),
        ENTRY.data.replace(b"verdict", b"verdicts"),
        ENTRY.data.replace(B.encode(), B[1:].encode()),
        ENTRY.data.replace(B.encode(), B.upper().encode()),
        ENTRY.data.replace(b'"schema_version": 1', b'"schema_version": 2'),
        ENTRY.data.replace(b'"place": "model"', b'"place": "model",\n "place": "model"'),
    ],
)
def test_other_bytes_are_no_entry(data: bytes) -> None:
    assert data != ENTRY.data
    with pytest.raises(IntegrityError, match="no entry of a ledger"):
        Entry.parse(data)


def test_a_release_and_the_way_back_to_it_are_one_state() -> None:
    released = Entry(kind="release", pipeline="churn", place="prod", subject=f"sha256:{A}")
    back = Entry.model_validate({**released.model_dump(), "kind": "rollback", "parents": (A,)})
    assert released.decision == back.decision
    assert released.decision != Entry.model_validate({**released.model_dump(), "kind": "removal"}).decision
    assert {kind for kind in KINDS if states_of(kind)} == {"verdict", "release", "rollback", "removal"}
