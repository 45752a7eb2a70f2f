"""How often chance alone is called an incident, and that what is really broken is found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from mlops.configuration.monitor import Quality
from mlops.documents.profile import ColumnProfile
from mlops.monitor.quality import incidents
from mlops.monitor.reference import Reference
from tests.builders.bundles import make_bundle, reference_of

NOMINAL = 0.00135  # three standard errors, on one side
PROFILES = {
    "nulls": ColumnProfile(type="float", nulls=0.0),
    "unseen": ColumnProfile(type="category", nulls=0.0, frequencies={"known": 1.0}),
    "outside": ColumnProfile(type="float", nulls=0.0, quantiles=(0.0, 1.0)),
}
BROKEN = {"nulls": (0.5, None), "unseen": ("known", "never seen"), "outside": (0.5, 365.0)}


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    return reference_of(make_bundle(tmp_path_factory.mktemp("watched") / "bundle"))


def refused(reference: Reference, rows: int, broken: int) -> list[str]:
    """What is said of a window of so many rows, of which so many were refused."""
    features = pl.DataFrame({"x": pl.Series([0.5] * (rows - broken), dtype=pl.Float64)})
    counts = {("x", "null"): broken} if broken else {}
    of_one_column = replace(reference, columns={"x": PROFILES["outside"]})
    return [item.check for item in incidents(features, rows, counts, (), of_one_column, Quality(), {})]


def found(
    reference: Reference,
    check: str,
    rows: int,
    broken: int,
    quality: Quality | None = None,
    budgets: dict[str, float] | None = None,
) -> list[str]:
    """Checks that a window fails of which so many records are broken."""
    if check == "refused":
        return refused(reference, rows, broken)
    whole, other = BROKEN[check]
    values = pl.Series("x", [whole] * (rows - broken) + [other] * broken, dtype=pl.Series([whole]).dtype)
    of_one_column = replace(reference, columns={"x": PROFILES[check]})
    window = incidents(values.to_frame(), rows, {}, (), of_one_column, quality or Quality(), budgets or {})
    return [incident.check for incident in window]


@pytest.mark.parametrize("rows", [1, 2, 5, 20, 200])
@pytest.mark.parametrize("check", [*PROFILES, "refused"])
def test_a_feed_at_its_bound_is_called_broken_as_rarely_as_promised(
    reference: Reference, check: str, rows: int
) -> None:
    windows = 400_000
    draws = np.random.default_rng(rows).binomial(rows, getattr(Quality(), check), windows)
    counts, times = np.unique(draws, return_counts=True)
    alarms = sum(int(many) for count, many in zip(counts, times, strict=True) if found(reference, check, rows, count))
    assert alarms / windows <= NOMINAL


@pytest.mark.parametrize(("rows", "broken"), [(5, 5), (20, 10), (200, 50), (2_000, 300)])
@pytest.mark.parametrize("check", [*PROFILES, "refused"])
def test_a_real_excess_is_found(reference: Reference, check: str, rows: int, broken: int) -> None:
    assert found(reference, check, rows, broken) == [check]


def test_what_may_always_be_missing_and_what_never_may(reference: Reference) -> None:
    assert found(reference, "nulls", 1, 1, Quality(nulls=1.0)) == []
    assert found(reference, "nulls", 1_000, 0, Quality(nulls=0.0)) == []
    assert found(reference, "nulls", 1_000, 1, Quality(nulls=0.0)) == ["nulls"]


def test_refused_rows_are_told_with_their_causes_and_are_not_lost_records(reference: Reference) -> None:
    features = pl.DataFrame({"x": [0.5] * 30})
    refused = {("x", "null"): 40, ("(unknown)", "batch"): 20, ("x", "type"): 7, ("(unknown)", "body"): 3}
    of_one_column = replace(reference, columns={"x": PROFILES["outside"]})
    (incident,) = incidents(features, 100, refused, (100, 100, 100), of_one_column, Quality(), {})
    assert (incident.check, incident.column, incident.value, incident.bound) == ("refused", "", 0.7, 0.05)
    assert incident.sentence == (
        "70.0% of 100 rows were refused: 40 where `x` is null, as it never was in the data, "
        "20 that nothing is wrong with, in a request with one that is, 7 where `x` has a value of another type, "
        "3 for something else"
    )


@pytest.mark.parametrize("check", PROFILES)
def test_a_column_may_have_a_share_of_its_own(reference: Reference, check: str) -> None:
    strict = Quality.model_validate({"columns": {"x": {check: 0.0}}})
    loose = Quality.model_validate({"columns": {"x": {check: 0.5}, "y": {check: 0.0}}})
    assert found(reference, check, 1_000, 30) == []
    assert found(reference, check, 1_000, 30, strict) == [check]
    assert found(reference, check, 1_000, 400) == [check]
    assert found(reference, check, 1_000, 400, loose) == []


def test_what_the_contract_lets_be_missing_is_not_broken(reference: Reference) -> None:
    rows, promised = 1_000, {"x": 0.2}
    assert found(reference, "nulls", rows, 200) == ["nulls"]
    assert found(reference, "nulls", rows, 200, budgets=promised) == []
    assert found(reference, "nulls", rows, 260, budgets=promised) == ["nulls"]
    assert found(reference, "nulls", rows, 50, budgets={"x": 0.01}) == [], (
        "a narrow contract is the data's, not the feed's"
    )
    own = Quality.model_validate({"columns": {"x": {"nulls": 0.02}}})
    assert found(reference, "nulls", rows, 200, own, promised) == ["nulls"]
