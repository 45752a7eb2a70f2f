"""The entry that MLflow calls: it opens the bundle that `MLmodel` names, or that whoever loads one asks for."""

from __future__ import annotations

from typing import Any

import pytest

from mlops.bundle.pyfunc import _load_pyfunc
from mlops.errors import DataError, IntegrityError
from mlops.files.canonical import digest_file
from tests.builders.bundles import VERSION1

OTHER = "sha256:" + "0" * 64
MINE = digest_file(VERSION1 / "manifest.json")


@pytest.mark.parametrize("config", [None, {"bundle": MINE}])
def test_the_bundle_that_is_named_is_opened(config: dict[str, Any] | None) -> None:
    """A model of earlier releases names none."""
    assert _load_pyfunc(str(VERSION1), config).predict([]).shape == (0,)


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        ({"bundle": OTHER}, OTHER),
        ({"bundle": None}, "None"),
        ({"bundle": [OTHER]}, f"['{OTHER}']"),
        ({}, "the one that MLmodel names"),
    ],
)
def test_any_other_is_refused(config: dict[str, Any], wanted: str) -> None:
    with pytest.raises(IntegrityError) as refused:
        _load_pyfunc(str(VERSION1), config)
    assert refused.value.message == f"the bundle in {VERSION1} is {MINE} but must be {wanted}"


def test_parameters_are_refused() -> None:
    with pytest.raises(DataError, match="this model has no inference parameters"):
        _load_pyfunc(str(VERSION1)).predict([], {"temperature": 1})
