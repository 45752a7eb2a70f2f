from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.errors import IntegrityError
from mlops.operations.verdicts.loosened import Gate
from mlops.operations.verdicts.loosened import loosened as loosened_of

BOUNDS = st.none() | st.floats(0, 1).map(lambda number: round(number, 2))
RULES = st.builds(
    lambda metric, low, high, mode, by: {"metric": metric, "at_least": low, "at_most": high, "mode": mode, "by": by},
    st.sampled_from(["auroc", "brier"]),
    BOUNDS,
    BOUNDS,
    st.sampled_from(["block", "warn"]),
    st.sampled_from([None, "site"]),
)
GATES = st.lists(RULES, max_size=4).map(lambda rules: {"rules": rules})


def loosened(before: dict[str, Any], after: dict[str, Any], changed: Collection[str] = ()) -> tuple[str, ...]:
    return loosened_of(Gate.read(before), Gate.read(after), changed)


def gate(**changes: Any) -> dict[str, Any]:
    section = {"bootstrap": {"confidence": 0.95, "samples": 2000, "seed": 0}, "minimum_rows": 30, "group": "person"}
    return {**section, "rules": [], **changes}


@given(GATES)
def test_a_gate_loosens_nothing_of_itself(section: dict[str, Any]) -> None:
    assert loosened(section, section) == ()


@given(GATES, GATES)
def test_more_rules_never_loosen(before: dict[str, Any], more: dict[str, Any]) -> None:
    assert loosened(before, {"rules": [*more["rules"], *before["rules"]]}) == ()


@pytest.mark.slow
@given(GATES, st.floats(0.01, 0.5))
def test_lower_floors_are_always_told(before: dict[str, Any], less: float) -> None:
    floors = [rule for rule in before["rules"] if rule["at_least"] is not None and rule["mode"] == "block"]
    lower = [{**rule, "at_least": None if rule["at_least"] is None else -less} for rule in before["rules"]]
    assert bool(loosened(before, {"rules": lower})) or not floors


def test_the_way_of_judging_counts_too() -> None:
    after = gate(bootstrap={"confidence": 0.6, "samples": 200, "seed": 3}, minimum_rows=2, group=None)
    assert loosened(gate(), after) == (
        "the confidence was lowered from 0.95 to 0.6",
        "the resamples were lowered from 2,000 to 200",
        "the seed of the resamples was changed from 0 to 3",
        "the rows a slice needs were lowered from 30 to 2",
        "what is resampled whole was changed from person to None",
    )


def test_a_rule_on_serving_or_on_perturbed_rows_is_not_dropped_in_silence() -> None:
    cost = {"metric": "latency_p99", "against": "champion", "at_least": None, "at_most": 0.2, "mode": "block"}
    under = {"metric": "auroc", "against": "clean", "under": "missing", "at_least": -0.05, "mode": "block"}
    assert loosened({"rules": [under], "serving": [cost]}, {"rules": [{**under, "under": "noise"}]}) == (
        "the rule `auroc over clean under missing at least -0.05` was removed",
        "the rule `latency_p99 over champion at most 0.2` was removed",
    )
    assert loosened({"serving": [cost]}, {"serving": [cost]}) == ()


def test_other_values_of_decisions_are_told() -> None:
    before = {
        "true_positive": 0.0,
        "false_positive": -1.0,
        "false_negative": -10.0,
        "true_negative": 0.0,
        "unit": "EUR",
    }
    assert loosened(gate(cost=before), gate(cost={**before, "false_negative": -2.0})) == (
        "what decisions are worth was changed from false negative -10, false positive -1, true negative 0, "
        "true positive 0 to false negative -2, false positive -1, true negative 0, true positive 0",
    )
    assert loosened(gate(cost={"classes": {"a": {"b": -1.0}}}), gate()) == (
        "what decisions are worth was changed from a as b -1 to nothing",
    )
    assert loosened(gate(), gate(cost=before)) == ()


def test_a_rule_of_fairness_cannot_be_softened_in_silence() -> None:
    rule = {"metric": "demographic_parity_ratio", "at_least": 0.8, "of": "plan", "groups": ["free", "paid"]}
    spelt = "`demographic_parity_ratio of plan at least 0.8`"
    assert loosened(gate(rules=[rule]), gate(rules=[rule | {"of": "site"}])) == (f"the rule {spelt} was removed",)
    fewer = loosened(gate(rules=[rule]), gate(rules=[rule | {"groups": ["free"]}]))
    assert fewer == (f"the rule {spelt} was loosened to {spelt}",)


def test_another_test_or_correction_is_told() -> None:
    rule = {"metric": "accuracy", "against": "champion", "at_least": -0.01, "by": "site"}
    after = [rule | {"correction": "benjamini_hochberg"}]
    assert loosened(gate(rules=[rule]), gate(rules=after)) == (
        "the rule `accuracy over champion by site at least -0.01` was loosened to "
        "`accuracy over champion by site at least -0.01 (benjamini-hochberg)`",
    )
    assert loosened(gate(rules=after), gate(rules=[rule])) == ()
    assert loosened(gate(rules=[rule]), gate(rules=[rule | {"test": "mcnemar"}]))


def test_a_bound_that_is_enough_by_itself_is_looser_than_one_to_be_passed() -> None:
    rule = {"metric": "auroc", "against": "simple", "at_least": 0.0, "strict": True}
    without = {key: value for key, value in rule.items() if key != "strict"}
    assert loosened({"rules": [rule]}, {"rules": [without]}) == (
        "the rule `auroc over simple at least 0 (strict)` was loosened to `auroc over simple at least 0`",
    )
    assert loosened({"rules": [without]}, {"rules": [rule]}) == ()


def test_a_metric_that_measures_something_else_is_told() -> None:
    cost = {"use": "pipelines.churn.rules:cost", "better": "lower", "parameters": {"missed": 5.0}}
    before = gate(own={"cost": cost})
    assert loosened(before, before) == ()
    assert loosened(before, before, {"other.py"}) == ()
    assert loosened(before, gate(own={"cost": {**cost, "parameters": {"missed": 1.0}}}), {"rules.py"}) == (
        "what `cost` measures was changed from `pipelines.churn.rules:cost` (lower is better, missed 5.0) "
        "to `pipelines.churn.rules:cost` (lower is better, missed 1.0)",
        "the code of `pipelines.churn.rules:cost` changed",
    )


@pytest.mark.parametrize(
    "section", [{"rules": 1}, {"rules": [{"at_least": 0.5}]}, {"bootstrap": {"samples": "many"}}, {"own": {"cost": {}}}]
)
def test_what_is_no_gate_is_damage(section: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError) as refused:
        Gate.read(section)
    said = "the section `gate` of params.yaml is damaged"
    assert (str(refused.value), refused.value.hint) == (said, "run `mlops compile`")


def test_keys_of_another_release_count_where_waivers_and_metrics_are_compared() -> None:
    cost = {"use": "pipelines.churn.rules:cost", "better": "lower", "later": 1}
    assert loosened(gate(own={"cost": cost}), gate(own={"cost": {**cost, "later": 2}})) != ()
    assert Gate.read(gate(own={"cost": cost})).own_files == {"rules.py"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "2026-12-31",
            "2027-01-31",
            ("what the model hangs on is accepted as no leak until 2027-01-31, until 2026-12-31 before",),
        ),
        ("2026-12-31", None, ("what the model hangs on is accepted as no leak for ever, until 2026-12-31 before",)),
        (None, "2026-12-31", ()),
        ("2026-12-31", "2026-11-30", ()),
    ],
)
def test_a_leak_that_is_accepted_longer_is_told(old: str | None, new: str | None, said: tuple[str, ...]) -> None:
    def leak(until: str | None) -> dict[str, Any]:
        return gate(accepted_leak={"columns": ["a"], "reason": "known", "until": until})

    assert loosened(leak(old), leak(new)) == said
