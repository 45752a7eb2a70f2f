"""The examples in the docstrings of this room, run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import mlops.statistics

MODULES = sorted(found.name for found in pkgutil.iter_modules(mlops.statistics.__path__))


@pytest.mark.parametrize("name", MODULES)
def test_every_module_has_examples_and_they_hold(name: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(f"mlops.statistics.{name}"))
    assert tried > 0
    assert failed == 0
