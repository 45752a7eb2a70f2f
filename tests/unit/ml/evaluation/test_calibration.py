"""A small edition of `benchmarks/gates.py`: the bounds are as wide as so few runs make them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def harness() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmark_of_gates", ROOT / "benchmarks/gates.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.parametrize("name", ["equal models", "at the margin", "power", "slices", "fairness"])
def test_gates_are_as_seldom_wrong_as_they_say(harness: ModuleType, name: str) -> None:
    claims = harness.section(name, 0.02)
    assert claims
    assert [claim.line() for claim in claims if not claim.holds] == []


def test_a_claim_that_is_missed_is_said_so(harness: ModuleType) -> None:
    claim = harness.at_most_alpha("an equal model is promoted", 300, 2000)
    assert claim.line().startswith("MISS   15.0%  at most 6.5%")
    assert harness.at_most_alpha("an equal model is promoted", 100, 2000).holds
