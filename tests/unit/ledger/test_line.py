"""A folder of entries: what is newest, and what is not as it was written."""

from __future__ import annotations

from typing import Any

from mlops.ledger.entry import Entry
from mlops.ledger.line import Damage, Line, places


def entry(kind: str = "verdict", seed: int = 0, *parents: Entry, **more: Any) -> Entry:
    values = {"pipeline": "churn", "place": "model", "documents": {"x": f"sha256:{seed:064x}"}} | more
    return Entry(kind=kind, parents=tuple(sorted(one.name for one in parents)), **values)  # type: ignore[arg-type]


def line(*entries: Entry, **files: bytes | None) -> Line:
    return Line.of("churn", "model", {**{f"{one.name}.json": one.data for one in entries}, **files})


FIRST = entry()
SECOND = entry("verdict", 1, FIRST)
OTHER = entry("waiver", 2, FIRST)
JOINED = entry("verdict", 3, SECOND, OTHER)


def test_the_newest_are_those_that_no_other_names() -> None:
    assert line().tips == ()
    assert not line()
    assert line(FIRST, SECOND).tips == (SECOND.name,)
    assert set(line(FIRST, SECOND, OTHER).tips) == {SECOND.name, OTHER.name}
    assert line(FIRST, SECOND, OTHER, JOINED).tips == (JOINED.name,)


def test_the_newest_of_a_kind_may_lie_behind_others() -> None:
    late = entry("waiver", 9, JOINED)
    found = line(FIRST, SECOND, OTHER, JOINED, late)
    assert found.newest({"verdict"}) == (JOINED,)
    assert found.newest({"waiver"}) == (late,)
    assert line(FIRST, SECOND, OTHER).newest({"verdict"}) == (SECOND,)  # though a tip comes right after the first
    fork = entry("verdict", 4, FIRST)
    assert {one.name for one in line(FIRST, SECOND, fork).newest({"verdict"})} == {SECOND.name, fork.name}


def test_what_is_edited_misnamed_moved_or_gone_is_named() -> None:
    name = f"{SECOND.name}.json"
    elsewhere = entry(place="prod")
    upper = f"{FIRST.name.upper()}.json"
    broken = line(
        FIRST,
        **{
            name: SECOND.data.replace(b"verdict", b"waiver"),
            upper: FIRST.data,
            "note.txt": b"",
            f"{elsewhere.name}.json": elsewhere.data,
            f"{'c' * 64}.json": None,
        },
    )
    said = {item.file: item.what for item in broken.damage}
    assert said == {
        name: "was edited: its name is the digest of other bytes",
        f"{'c' * 64}.json": "is no plain file",
        "note.txt": "is no entry of the ledger",
        **({upper: "is no entry of the ledger"} if upper != f"{FIRST.name}.json" else {}),
        f"{elsewhere.name}.json": "was written for churn/prod, and lies elsewhere",
    }
    assert line(SECOND).damage == (Damage(f"{FIRST.name}.json", "is gone: entries after it name it", FIRST.name),)


def test_what_a_repair_says_is_lost_is_missed_no_more() -> None:
    mended = entry("repair", 5, SECOND, documents={}, lost=(FIRST.name,))
    assert line(SECOND, mended).damage == ()


def test_paths_are_split_into_place_and_file() -> None:
    files = ["pipelines/churn/ledger/model/a.json", "pipelines/churn/ledger/b", "pipelines/churner/ledger/model/c"]
    assert list(places(files, "churn")) == [("model", "a.json"), ("", "b")]
