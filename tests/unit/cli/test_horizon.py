"""`mlops new --horizon`: one distance, or several."""

from __future__ import annotations

import click
import pytest

from mlops.cli.new import Distances


@pytest.mark.parametrize(("written", "found"), [("7", (7,)), ("1..4", (1, 2, 3, 4)), ("24, 1,6,6", (1, 6, 24))])
def test_distances_are_numbers_that_rise(written: str, found: tuple[int, ...]) -> None:
    assert Distances().convert(written, None, None) == found


@pytest.mark.parametrize("written", ["0", "a", "4..1", "1,", "-3", "0..3"])
def test_what_is_no_distance_is_refused(written: str) -> None:
    with pytest.raises(click.BadParameter) as caught:
        Distances().convert(written, None, None)
    assert caught.value.message == f"`{written}` is no number of periods; write it as 7, 1..24 or 1,6,24"
