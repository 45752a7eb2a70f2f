"""Unions: what may stand where YAML says `kind:`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from mlops.kinds.kind import Kind
from mlops.kinds.slice import Slice
from mlops.kinds.union import union
from mlops.targets import TARGETS
from mlops.targets.local import LocalTarget
from tests.unit.kinds.test_slice import folder

BLOCK = (
    "from typing import Literal\nfrom mlops.kinds.kind import of_block\nfrom mlops.kinds.union import Kinded\n"
    "class {name}(Kinded):\n    'One.'\n    kind: Literal['{name}'] = '{name}'\n    size: int = 1\n"
    "KIND = of_block({name}, {{}})\n"
)


def test_a_slice_of_one_kind_is_that_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(tmp_path / "places_one", monkeypatch, near=BLOCK.format(name="near"), __init__="")
    only = Slice[Kind]("places_one", "place")
    assert union(only, default="near") is only["near"].block


def test_a_kind_that_is_added_is_told_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {name: BLOCK.format(name=name) for name in ("near", "far")}
    folder(tmp_path / "places_two", monkeypatch, **files, __init__="")
    places = Slice[Kind]("places_two", "place")
    adapter = TypeAdapter(union(places, default="near"))
    assert [adapter.validate_python(value).kind for value in ({}, {"kind": "far"}, {"kind": "near", "size": 2})] == [
        "near",
        "far",
        "near",
    ]
    with pytest.raises(ValidationError, match="union_tag_invalid"):
        adapter.validate_python({"kind": "elsewhere"})
    assert "plug-in" not in json.dumps(adapter.json_schema())


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ({}, None),
        ({"host": "0.0.0.0"}, "0.0.0.0"),
        ({"host": "0.0.0.0", "behind": "proxy"}, None),
        ({"host": "0.0.0.0", "auth": {"token_from": "TOKEN"}}, None),
    ],
)
def test_a_local_target_names_the_address_that_anybody_may_ask(said: dict[str, object], address: str | None) -> None:
    assert TARGETS["local"].load("exposed")(LocalTarget.model_validate(said)) == address
