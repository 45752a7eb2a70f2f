"""What files say was decided, and whether a line has it."""

from __future__ import annotations

import json

import pytest

from mlops.files.canonical import digest
from mlops.ledger.decided import decided
from mlops.ledger.line import Line
from tests.builders.kept import WAIVER, bundle

GATE = "pipelines/churn/reports/gate.json"
RELEASE = "conf/release/prod/churn.yaml"


def said(place: str = "model", **files: str) -> list[tuple[str, str | None]]:
    known = {"gate": GATE, "waiver": "conf/waiver/churn.yaml", "accept": "conf/accept/churn.yaml", "release": RELEASE}
    found = {known[key]: text.encode() for key, text in files.items()}
    return [(item.kind, item.subject) for item in decided("churn", place, found.get)]


def test_each_verdict_waiver_acceptance_and_release_is_one() -> None:
    gate = json.dumps({"bundle": bundle(1), "verdict": "pass"})
    accept = "accepted: [{check: volume}, {check: nulls, column: age}]"
    assert said(gate=gate, waiver=WAIVER, accept=accept) == [
        ("verdict", bundle(1)),
        ("waiver", "auroc"),
        ("acceptance", "volume"),
        ("acceptance", "nulls"),
    ]
    assert said("prod", release=f"bundle: {bundle(1)}\n") == [("release", bundle(1))]
    assert said("prod") == [("removal", None)]


def test_layout_and_comments_are_no_decision() -> None:
    read = {RELEASE: f"bundle: {bundle(1)}\n".encode()}
    again = {RELEASE: f"# slowly\n'bundle':   {bundle(1)}".encode()}
    assert decided("churn", "prod", read.get) == decided("churn", "prod", again.get)


BOMB = "waivers: &a [x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}]\n" for a, b in zip("abcdefghijkl", "bcdefghijklm", strict=True)
)


@pytest.mark.parametrize(
    "text", ["waivers: 3", "[", "[" * 5000, "waivers: &a [*a]", BOMB, "<<<<<<< a\n=======\n>>>>>>> b\n", ""]
)
def test_what_cannot_be_read_says_nothing(text: str) -> None:
    assert said(waiver=text) == []


@pytest.mark.parametrize("text", ["", "[]", "[" * 100_000, '{"bundle": 3, "verdict": []}'])
def test_a_verdict_that_cannot_be_read_is_one_all_the_same(text: str) -> None:
    (found,) = decided("churn", "model", {GATE: text.encode()}.get)
    assert (found.kind, found.subject, found.verdict) == ("verdict", None, None)
    assert found.documents == {GATE: digest(text.encode())}


def test_what_comes_back_needs_an_entry_of_its_own() -> None:
    """Of a release the newest alone holds, whatever was live before."""
    line = Line("churn", "prod")
    kinds = []
    for seed in (1, 2, 1, 2):
        (found,) = decided("churn", "prod", {RELEASE: f"bundle: {bundle(seed)}\n".encode()}.get)
        assert not found.entered(line)
        entry = found.entry(line)
        line = Line("churn", "prod", {**line.entries, entry.name: entry})
        kinds.append(entry.kind)
        assert found.entered(line)
    assert kinds == ["release", "release", "rollback", "rollback"]


def test_nothing_released_asks_for_an_entry_only_where_something_was() -> None:
    (gone,) = decided("churn", "prod", {}.get)
    assert gone.entered(Line("churn", "prod"))
    (found,) = decided("churn", "prod", {RELEASE: f"bundle: {bundle(1)}\n".encode()}.get)
    entry = found.entry(Line("churn", "prod"))
    assert not gone.entered(Line("churn", "prod", {entry.name: entry}))
