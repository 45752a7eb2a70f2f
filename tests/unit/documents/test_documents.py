"""What holds of every document: keys are only added within a version, and what is read is written again to the byte."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from pydantic import BaseModel

import mlops.documents
from mlops.bundle.decision_rule import DecisionRule
from mlops.bundle.manifest import Manifest
from mlops.bundle.recipe import Recipe
from mlops.bundle.schema import RequestSchema
from mlops.documents.change_report import Planned
from mlops.documents.data import DataReport
from mlops.documents.document import Document
from mlops.documents.explanations import ExplanationsReport
from mlops.documents.gate import GateReport
from mlops.documents.metrics import MetricsReport
from mlops.documents.profile import Profile
from mlops.documents.split import SplitReport
from mlops.documents.statement import Statement
from mlops.documents.summary import Summary
from mlops.documents.training import TrainingReport
from mlops.errors import IntegrityError
from mlops.ledger.entry import Entry
from mlops.operations.planning.change_report_json import SCHEMA_VERSION
from tests.conftest import ROOT

KEYS = Path(__file__).parent / "keys.json"
WRITTEN = {
    "bundle.json": Statement,
    "data.json": DataReport,
    "explanations.json": ExplanationsReport,
    "gate.json": GateReport,
    "metrics.json": MetricsReport,
    "split.json": SplitReport,
    "summary.json": Summary,
    "training.json": TrainingReport,
}
"""The documents that a run commits, by file."""


def kinds() -> list[type[Document]]:
    for module in pkgutil.iter_modules(mlops.documents.__path__):
        importlib.import_module(f"mlops.documents.{module.name}")
    return sorted(Document.__subclasses__(), key=lambda kind: kind.__name__)


ELSEWHERE: dict[str, type] = {
    "DecisionRule": DecisionRule,
    "LedgerEntry": Entry,
    "Manifest": Manifest,
    "Planned": Planned,
    "Recipe": Recipe,
    "RequestSchema": RequestSchema,
}
"""What is written too, and stands beside what it is about: what is served needs no other documents, a plan no model."""


def parts(annotation: Any) -> Iterator[type]:
    """Find the mappings inside a type."""
    if isinstance(annotation, type) and (issubclass(annotation, BaseModel) or is_dataclass(annotation)):
        yield annotation
    for inner in get_args(annotation):
        yield from parts(inner)


def keys(kind: type, above: str = "") -> Iterator[tuple[str, str]]:
    """List every key of a mapping and of those inside it, and whether a document must have it."""
    for name, required, annotation in fields_of(kind):
        path = f"{above}{name}"
        yield path, "always" if required else "may be"
        for part in parts(annotation):
            yield from keys(part, f"{path}.")


def fields_of(kind: type) -> Iterator[tuple[str, bool, Any]]:
    """Give name, whether it must be there, and type of each key."""
    if issubclass(kind, BaseModel):
        yield from (
            (field.alias or name, field.is_required(), field.annotation) for name, field in kind.model_fields.items()
        )
        return
    types = get_type_hints(kind)
    for field in fields(kind):
        yield field.name, field.default is field.default_factory is MISSING, types[field.name]


def versions(kind: type) -> tuple[int, ...]:
    """List the versions that are read."""
    if not issubclass(kind, BaseModel):
        return (SCHEMA_VERSION,)
    read: tuple[int, ...] = get_args(kind.model_fields["schema_version"].annotation)
    return read


def now() -> dict[str, dict[str, str]]:
    written = {kind.__name__: kind for kind in kinds()} | ELSEWHERE
    read = ((name, kind, version) for name, kind in sorted(written.items()) for version in versions(kind))
    return {f"{name} {version}": dict(keys(kind)) for name, kind, version in read}


def test_within_a_version_keys_are_only_added_and_none_becomes_one_that_a_document_must_have(update: bool) -> None:
    before, found = json.loads(KEYS.read_text()) if KEYS.is_file() else {}, now()
    for document, listed in before.items():
        gone = sorted(set(listed) - set(found.get(document, {})))
        assert not gone, f"{document}: a key that was written is read by nobody; raise the version, and read both"
        harder = sorted(key for key in listed if listed[key] != "always" and found[document][key] == "always")
        assert not harder, f"{document}: documents from before do not have to have {harder}"
        added = sorted(key for key in set(found[document]) - set(listed) if _demanded(found[document], key, listed))
        assert not added, f"{document}: documents from before do not have {added}: give them a default"
    if update:
        KEYS.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    assert json.loads(KEYS.read_text()) == found, "make golden writes the new keys down"


def _demanded(found: dict[str, str], key: str, listed: dict[str, str]) -> bool:
    """Whether a new key is one that a mapping which was there before must have."""
    above = key.rpartition(".")[0]
    return found[key] == "always" and (not above or above in listed)


@pytest.mark.parametrize(("file", "kind"), WRITTEN.items(), ids=WRITTEN)
def test_what_is_committed_is_written_again_to_the_byte(file: str, kind: type[Document]) -> None:
    paths = sorted(ROOT.glob(f"pipelines/*/reports/{file}"))
    assert paths
    for path in paths:
        assert kind.parse(path.read_bytes()).dumps().encode() == path.read_bytes(), path


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"[" * 100_000, b'{"schema_version": 2}', b"\xff"])
@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_what_is_no_document_is_refused_or_absent(kind: type[Document], data: bytes, tmp_path: Path) -> None:
    (tmp_path / "it").write_bytes(data)
    assert kind.read(tmp_path / "it") is None
    assert kind.read(tmp_path / "nowhere") is None
    with pytest.raises((ValueError, IntegrityError)):
        kind.parse(data)


def test_what_is_no_number_is_damage_and_one_that_no_float_holds_is_infinite() -> None:
    for value in ("true", '"0.5"', "[]"):
        with pytest.raises(ValueError, match="validation error"):
            MetricsReport.parse(f'{{"models": {{"candidate": {{"auroc": {{"value": {value}}}}}}}}}'.encode())
    read = MetricsReport.parse(b'{"models": {"a": {"auroc": {"value": %s, "later": 2}}}}' % (b"1" * 401))
    assert read.models["a"]["auroc"].value == float("inf")
    whole = MetricsReport.parse(b'{"models": {"a": {"auroc": {"value": 1, "later": 2}}}}')
    assert json.loads(whole.dumps()) == {"schema_version": 1, "models": {"a": {"auroc": {"value": 1}}}}


def test_a_rule_of_a_later_release_keeps_its_keys_and_loses_its_waiver_alone() -> None:
    waived = {"reason": "r", "owner": "@a", "approver": "@b", "granted": "2026-01-01", "expires": "2026-01-02"}
    rule = {"id": "r", "metric": "auroc", "verdict": "fail", "mode": "block", "applicable": True, "later": [1]}
    read = GateReport.parse(json.dumps({"verdict": "pass", "rules": [{**rule, "waived": waived}]}).encode())
    bare = read.rules[0].unwaived("It is bad")
    assert json.loads(read.model_copy(update={"rules": (bare,)}).dumps())["rules"] == [
        {**rule, "sentence": "It is bad"}
    ]
    assert (bare["later"], bare["id"]) == ([1], "r")
    with pytest.raises(KeyError):
        bare["waived"]


@pytest.mark.parametrize("day", ["", "2026-02-30", "20260101", "tomorrow"])
def test_a_waiver_without_days_is_damage(day: str) -> None:
    waived = {"reason": "r", "owner": "@a", "approver": "@b", "granted": day, "expires": "2026-01-02"}
    rule = {"metric": "auroc", "verdict": "fail", "mode": "block", "applicable": True, "waived": waived}
    with pytest.raises(ValueError, match="granted"):
        GateReport.parse(json.dumps({"verdict": "pass", "rules": [rule]}).encode())


def test_a_bundle_of_the_first_version_is_read_on() -> None:
    data = (ROOT / "tests/builders/version1/profile.json").read_bytes()
    assert Profile.parse(data).schema_version == 1
    assert Profile.parse(data).dumps().encode() == data
    assert GateReport.parse((ROOT / "tests/builders/version1/gate.json").read_bytes()).verdict == "pass"
    assert MetricsReport.read(ROOT / "tests/builders/version1/metrics.json") is not None
    assert TrainingReport.read(ROOT / "tests/builders/version1/training.json") is not None


def test_the_first_release_gave_the_rows_of_a_part_alone() -> None:
    assert SplitReport.parse(b'{"parts": {"test": 40}}').parts["test"].rows == 40
