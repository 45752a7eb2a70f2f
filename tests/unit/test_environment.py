"""A test computes as a stage does, and so does all that it starts, whatever ran before it in the same process."""

from __future__ import annotations

import os

import numpy._core._multiarray_umath as umath
import pytest

from mlops.operations.processes.numerics import pin_numerics
from tests.builders.environment import kept


def test_what_a_stage_pins_is_pinned_here_already() -> None:
    with kept():
        before = dict(os.environ)
        pin_numerics(1)
        os.environ["POLARS_MAX_THREADS"] = "1"
        assert dict(os.environ) == before


def test_numpy_was_told_before_it_was_imported() -> None:
    assert [name for name in umath.__cpu_dispatch__ if umath.__cpu_features__[name]] == []


def test_what_a_block_sets_changes_and_deletes_is_put_back() -> None:
    before = dict(os.environ)
    with kept():
        pin_numerics(3, anywhere=False)
        os.environ["MLOPS_SET_HERE"] = "yes"
        del os.environ["PATH"]
        assert os.environ["MKL_CBWR"] == "AVX2"
    assert dict(os.environ) == before


def test_a_block_that_fails_leaves_nothing_either() -> None:
    before = dict(os.environ)
    with pytest.raises(KeyError), kept():
        os.environ.clear()
        raise KeyError
    assert dict(os.environ) == before


@pytest.fixture(scope="module")
def _a_stage_has_run() -> None:
    pin_numerics(3, anywhere=False)


@pytest.mark.usefixtures("_a_stage_has_run")
def test_a_stage_that_a_fixture_of_many_tests_runs_pins_nothing_either() -> None:
    assert (os.environ["OMP_NUM_THREADS"], os.environ["MKL_CBWR"]) == ("1", "COMPATIBLE")


# Not `kept` by themselves: these two ask whether every test is.


def test_a_stage_pins_other_threads_than_tests_have() -> None:
    pin_numerics(3, anywhere=False)
    assert (os.environ["OMP_NUM_THREADS"], os.environ["MKL_CBWR"]) == ("3", "AVX2")


def test_a_test_after_it_has_its_own() -> None:
    assert (os.environ["OMP_NUM_THREADS"], os.environ["MKL_CBWR"]) == ("1", "COMPATIBLE")
