from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mlops.ml.evaluation.studies.residuals import segments
from tests.builders.evaluations import binary, regression, with_scores


def test_a_segment_that_is_always_off_is_seen() -> None:
    data = regression(500)
    site = np.where(np.arange(500) % 10 == 0, "north", "south").astype(object)
    off = data.scores["candidate"] - np.where(site == "north", 15, 0)
    found = segments(replace(with_scores(data, candidate=off), slices={"site": site}), ["site"], 0.95)
    assert found is not None
    north, south = (each for each in found if each.by == "site")
    assert (north.segment, north.n, south.n) == ("north", 50, 450)
    assert north.low > 10
    assert south.low < 0 < south.high
    assert south.spread == pytest.approx(8, rel=0.1)


def test_tenths_of_the_prediction_cover_every_row_once() -> None:
    found = segments(regression(503), [], 0.95)
    assert found is not None
    assert [each.by for each in found] == ["prediction"] * 10
    assert sum(each.n for each in found) == 503
    assert found[0].segment.startswith("tenth 1: ")


def test_copies_of_rows_in_one_group_narrow_nothing() -> None:
    data = regression(200)
    groups = np.repeat(np.arange(200), 5)
    scores = {"candidate": np.repeat(data.scores["candidate"], 5)}
    copies = replace(
        data, rows=np.arange(1000), target=np.repeat(data.target, 5), scores=scores, groups=groups,
        slices={"all": np.full(1000, "x", dtype=object)},
    )  # fmt: skip
    single = replace(data, slices={"all": np.full(200, "x", dtype=object)})
    one, five = (segments(each, ["all"], 0.95)[-1] for each in (single, copies))
    assert (five.low, five.high) == pytest.approx((one.low, one.high), rel=1e-9)


def test_one_group_alone_has_no_interval() -> None:
    found = segments(replace(regression(20), groups=np.zeros(20, dtype=np.int64)), [], 0.95)
    assert found is not None
    assert found[0].low is None


def test_what_is_no_number_has_no_residuals() -> None:
    assert segments(binary(50), [], 0.95) is None
    assert segments(with_scores(regression(20), candidate=np.full(20, np.nan)), [], 0.95) is None
