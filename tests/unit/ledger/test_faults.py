"""What a change decides has an entry, also the first of its folder; what was decided before it needs none."""

from __future__ import annotations

import pytest

from mlops.ledger.decided import Decided, since
from mlops.ledger.entering import entering
from mlops.ledger.faults import faults, faults_since
from mlops.ledger.line import Line

VERDICT = Decided("verdict", "model", None, "pass", {"gate.json": f"sha256:{'1' * 64}"})
WAIVER = Decided("waiver", "model", "auroc", None, {"waiver.yaml": f"sha256:{'2' * 64}"})
ACCEPTANCE = Decided("acceptance", "model", "drift", None, {"accept.yaml": f"sha256:{'3' * 64}"})
RELEASE = Decided("release", "prod", f"sha256:{'4' * 64}", None, {"release.yaml": f"sha256:{'5' * 64}"})
REMOVAL = Decided("removal", "prod")
KINDS = (VERDICT, WAIVER, ACCEPTANCE, RELEASE)


def empty(item: Decided) -> Line:
    return Line("churn", item.place)


def begun(*items: Decided) -> Line:
    line = empty(items[0])
    files = {path.rpartition("/")[2]: data for path, data in entering(line, line, items).items()}
    return Line.of("churn", items[0].place, files)


@pytest.mark.parametrize("item", KINDS, ids=lambda item: item.kind)
def test_the_first_decision_of_a_folder_has_its_entry(item: Decided) -> None:
    (found,) = faults_since(empty(item), empty(item), [item], [])
    folder = f"pipelines/churn/ledger/{item.place}"
    assert (found.file, found.what, found.lost) == (folder, f"has no entry of {item.told}", False)
    assert list(faults_since(begun(item), empty(item), [item], [])) == []


@pytest.mark.parametrize("item", KINDS, ids=lambda item: item.kind)
def test_what_was_decided_before_there_was_a_ledger_needs_none(item: Decided) -> None:
    assert list(faults_since(empty(item), empty(item), [item], [item])) == []
    assert list(faults(empty(item), [item])) == []


def test_what_is_new_beside_what_was_there_is_named_alone() -> None:
    found = faults_since(empty(VERDICT), empty(VERDICT), [VERDICT, WAIVER], [VERDICT])
    assert [fault.what for fault in found] == ["has no entry of the waiver of auroc"]


def test_in_a_folder_that_was_begun_it_is_told_once() -> None:
    line = begun(VERDICT)
    assert list(faults_since(line, line, [VERDICT, WAIVER], [VERDICT])) == []
    assert [fault.what for fault in faults(line, [VERDICT, WAIVER])] == ["has no entry of the waiver of auroc"]


def test_taking_away_what_was_live_before_there_was_a_ledger_has_its_entry() -> None:
    (found,) = faults_since(empty(REMOVAL), empty(REMOVAL), [REMOVAL], [RELEASE])
    assert (found.file, found.what) == ("pipelines/churn/ledger/prod", "has no entry of the removal")
    made = begun(*since([REMOVAL], [RELEASE]))
    assert [entry.kind for entry in made.entries.values()] == ["removal"]
    assert list(faults_since(made, empty(REMOVAL), [REMOVAL], [RELEASE])) == []
    assert list(faults(made, [REMOVAL])) == []


def test_where_nothing_was_live_nothing_is_taken_away() -> None:
    assert list(faults_since(empty(REMOVAL), empty(REMOVAL), [REMOVAL], [REMOVAL])) == []
    assert list(faults_since(empty(REMOVAL), empty(REMOVAL), [REMOVAL], [])) == []
