from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.blocks.bootstrap import Bootstrap
from mlops.ml.evaluation.intervals.bootstrap import Interval
from mlops.ml.evaluation.judging.evidence import Evidence, gather
from mlops.ml.evaluation.judging.judge import Result, judge
from mlops.ml.evaluation.judging.rule import Rule
from mlops.ml.evaluation.predictions import Predictions
from mlops.verdict import verdict
from tests.builders.evaluations import binary, multiclass, regression, with_scores, without

METHOD = Bootstrap(samples=400)
NAN, INFINITE = math.nan, math.inf


def evidence(value: float, low: float, high: float, rows: int = 1000, **facts: Any) -> Evidence:
    bounds = {
        key: facts.pop(key) for key in ("against", "at_least", "at_most", "by", "mode", "on_missing") if key in facts
    }
    spread = (high - low) / 3.92
    spread = spread if math.isfinite(spread) and spread > 0 else 1e-9
    draws = np.random.default_rng(0).normal(value, spread, 2000) if math.isfinite(value) else np.full(2000, NAN)
    facts = {"clusters": rows, "draws": draws, **facts}
    return Evidence(Rule("r", "auroc", **bounds), rows=rows, interval=Interval(value, low, high), **facts)


def one(item: Evidence) -> Result:
    return judge([item], METHOD, 30)[0]


# value, low, high, what else is known -> verdict
TRUTH: list[tuple[str, Evidence, str]] = [
    ("interval above", evidence(0.8, 0.78, 0.82, at_least=0.75), "pass"),
    ("interval touches", evidence(0.8, 0.75, 0.82, at_least=0.75), "pass"),
    ("interval straddles", evidence(0.8, 0.74, 0.86, at_least=0.75), "inconclusive"),
    ("value on the bound", evidence(0.75, 0.7, 0.8, at_least=0.75), "inconclusive"),
    ("value below", evidence(0.74, 0.7, 0.78, at_least=0.75), "fail"),
    ("interval below", evidence(0.7, 0.68, 0.72, at_least=0.75), "fail"),
    ("interval under at_most", evidence(0.1, 0.08, 0.12, at_most=0.2), "pass"),
    ("interval touches at_most", evidence(0.1, 0.08, 0.2, at_most=0.2), "pass"),
    ("interval straddles at_most", evidence(0.1, 0.0, 0.3, at_most=0.2), "inconclusive"),
    ("value above at_most", evidence(0.3, 0.1, 0.5, at_most=0.2), "fail"),
    ("inside both bounds", evidence(0.5, 0.45, 0.55, at_least=0.4, at_most=0.6), "pass"),
    ("above both bounds", evidence(0.7, 0.65, 0.75, at_least=0.4, at_most=0.6), "fail"),
    ("below both bounds", evidence(0.3, 0.25, 0.35, at_least=0.4, at_most=0.6), "fail"),
    ("wider than both bounds", evidence(0.5, 0.3, 0.7, at_least=0.4, at_most=0.6), "inconclusive"),
    ("no bound", evidence(0.9, 0.8, 1.0), "fail"),
    ("not a number", evidence(NAN, -INFINITE, INFINITE, at_least=0.5), "fail"),
    ("not a number, at_most", evidence(NAN, -INFINITE, INFINITE, at_most=0.5), "fail"),
    ("no end below", evidence(0.9, -INFINITE, 1.0, at_least=0.5), "inconclusive"),
    ("no end above", evidence(0.1, 0.0, INFINITE, at_most=0.5), "inconclusive"),
    ("a problem", evidence(0.9, 0.8, 1.0, at_least=0.5, problem="gone"), "fail"),
    ("no rows", evidence(NAN, -INFINITE, INFINITE, rows=0, at_least=0.5), "inconclusive"),
    ("too few rows", evidence(0.9, 0.85, 0.95, rows=29, at_least=0.5), "inconclusive"),
    ("just enough rows", evidence(0.9, 0.85, 0.95, rows=30, at_least=0.5), "pass"),
    ("too few rows and bad", evidence(0.1, 0.0, 0.2, rows=29, at_least=0.5), "inconclusive"),
    ("too few groups", evidence(0.9, 0.85, 0.95, clusters=9, at_least=0.5), "inconclusive"),
    ("too few groups and bad", evidence(0.3, 0.25, 0.35, clusters=9, at_least=0.5), "inconclusive"),
    ("no champion", evidence(0.0, 0.0, 0.0, against="champion", at_least=0.0, applicable=False), "inconclusive"),
    ("better than the champion", evidence(0.02, 0.01, 0.03, against="champion", at_least=0.0, other=0.7), "pass"),
    (
        "not worse by the margin",
        evidence(-0.001, -0.004, 0.002, against="champion", at_least=-0.005, other=0.7),
        "pass",
    ),
    (
        "worse, margin straddled",
        evidence(-0.001, -0.01, 0.008, against="champion", at_least=-0.005, other=0.7),
        "inconclusive",
    ),
    ("worse by more", evidence(-0.02, -0.03, -0.01, against="champion", at_least=-0.005, other=0.7), "fail"),
    ("the champion again", evidence(0.0, 0.0, 0.0, against="champion", at_least=0.0, other=0.7), "pass"),
    ("as good as the dummy", evidence(0.0, 0.0, 0.0, against="dummy", at_least=0.0, other=0.5), "inconclusive"),
    ("as good, generous rule", evidence(0.0, 0.0, 0.0, against="dummy", at_least=-0.1, other=0.5), "inconclusive"),
    ("a little worse, generous rule", evidence(-0.01, -0.02, 0.0, against="dummy", at_least=-0.1, other=0.5), "fail"),
    ("better than the dummy", evidence(0.1, 0.05, 0.15, against="dummy", at_least=0.0, other=0.5), "pass"),
    ("lower loss than the dummy", evidence(-0.1, -0.15, -0.05, against="dummy", at_most=0.0, other=0.5), "pass"),
    ("same loss as the dummy", evidence(0.0, 0.0, 0.0, against="dummy", at_most=0.0, other=0.5), "inconclusive"),
    (
        "a problem, doubt allowed",
        evidence(0.9, 0.8, 1.0, at_least=0.5, problem="gone", on_missing="inconclusive"),
        "inconclusive",
    ),
    (
        "not a number, doubt allowed",
        evidence(NAN, -INFINITE, INFINITE, at_least=0.5, on_missing="inconclusive"),
        "inconclusive",
    ),
    ("bad, doubt allowed", evidence(0.4, 0.3, 0.45, at_least=0.5, on_missing="inconclusive"), "fail"),
    ("warned only", evidence(0.7, 0.68, 0.72, at_least=0.75, mode="warn"), "fail"),
]


@pytest.mark.parametrize(("item", "verdict"), [row[1:] for row in TRUTH], ids=[row[0] for row in TRUTH])
def test_truth_table(item: Evidence, verdict: str) -> None:
    assert one(item).verdict == verdict


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], "inconclusive"),
        ([("pass", "block")], "pass"),
        ([("pass", "block"), ("inconclusive", "block")], "inconclusive"),
        ([("inconclusive", "block"), ("fail", "block")], "fail"),
        ([("pass", "block"), ("fail", "warn")], "pass"),
        ([("pass", "warn")], "inconclusive"),
        ([("fail", "warn")], "inconclusive"),
        ([("absent", "block"), ("pass", "block")], "pass"),
        ([("absent", "block")], "inconclusive"),
    ],
)
def test_the_verdict_is_the_worst_of_the_blocking_rules(verdicts: list[tuple[str, str]], expected: str) -> None:
    results = [
        Result(
            Evidence(Rule("r", "auroc", mode=mode), applicable=said != "absent"),
            None,
            said.replace("absent", "fail"),
            "",
        )
        for said, mode in verdicts
    ]
    assert verdict(each.record() for each in results) == expected


SENTENCES = {
    "pass": (
        evidence(0.761, 0.748, 0.774, 4038, at_least=0.74),
        "AUROC is 0.761 [0.748, 0.774] (4,038 rows); at least 0.74 is required",
    ),
    "fail in a slice": (
        evidence(0.661, 0.629, 0.693, 812, at_least=0.68, by="black", slice="1", champion=0.658),
        "AUROC where black=1 is 0.661 [0.629, 0.693] (812 rows), but at least 0.68 is required; "
        "the champion has 0.658 on the same rows",
    ),
    "fail without champion": (
        evidence(0.661, 0.6, 0.7, at_least=0.68),
        "AUROC is 0.661 [0.600, 0.700] (1,000 rows), but at least 0.68 is required",
    ),
    "fail by a hair": (
        evidence(0.67996, 0.6, 0.7, at_least=0.68),
        "AUROC is 0.67996 [0.600, 0.700] (1,000 rows), but at least 0.68 is required",
    ),
    "inconclusive": (
        evidence(0.745, 0.735, 0.755, at_least=0.74),
        "AUROC is 0.745 [0.735, 0.755] (1,000 rows); at least 0.74 is required: its interval reaches past that; "
        "about 4,000 rows would tell",
    ),
    "on the bound": (
        evidence(0.74, 0.73, 0.75, at_least=0.74),
        "AUROC is 0.740 [0.730, 0.750] (1,000 rows); at least 0.74 is required: its interval reaches past that; "
        "1,000 rows are far too few to tell",
    ),
    "few rows": (
        evidence(0.9, 0.8, 1.0, 12, at_least=0.7, by="site", slice="b"),
        "AUROC where site=b is not judged on 12 rows: needs at least 30",
    ),
    "few groups": (
        evidence(0.9, 0.8, 1.0, clusters=4, at_least=0.7),
        "AUROC is not judged: its 1,000 rows belong to 4 groups, needs at least 10",
    ),
    "undefined": (
        evidence(NAN, -INFINITE, INFINITE, at_least=0.7),
        "AUROC is undefined on 1,000 rows: a class is absent or a score is not usable",
    ),
    "no champion": (
        evidence(0, 0, 0, against="champion", at_least=0.0, applicable=False),
        "no champion: relative rule not applicable, absolute rules enforced",
    ),
    "as good as the champion": (
        evidence(0.004, -0.001, 0.009, against="champion", at_least=-0.005, other=0.757),
        "AUROC is 0.004 [-0.001, 0.009] above the champion's 0.757 (1,000 rows); at most 0.005 below is allowed",
    ),
    "worse than the champion": (
        evidence(-0.012, -0.02, -0.004, against="champion", at_least=-0.005, other=0.757),
        "AUROC is 0.012 [0.004, 0.020] below the champion's 0.757 (1,000 rows), but at most 0.005 below is allowed",
    ),
    "the dummy itself": (
        evidence(0.0, 0.0, 0.0, against="dummy", at_least=0.0, other=0.5),
        "AUROC equals the dummy's 0.500, give or take [0.000, 0.000] (1,000 rows); it must be above: "
        "its interval reaches past that; "
        "1,000 rows are far too few to tell",
    ),
    "a problem": (evidence(0, 0, 0, at_least=0.7, problem="gone"), "AUROC cannot be measured: gone"),
}


@pytest.mark.parametrize(("item", "sentence"), SENTENCES.values(), ids=SENTENCES)
def test_every_verdict_has_its_sentence(item: Evidence, sentence: str) -> None:
    assert one(item).sentence == sentence


def test_slices_of_one_rule_share_its_error() -> None:
    family = [evidence(0.72, 0.702, 0.738, at_least=0.7, by="site", slice=str(i)) for i in range(5)]
    assert one(family[0]).verdict == "pass"
    results = judge(family, METHOD, 30)
    assert {result.verdict for result in results} == {"inconclusive"}
    assert results[0].sentence == (
        "AUROC where site=0 is 0.720 [0.702, 0.738] (1,000 rows); at least 0.7 is required: "
        "likely but not sure among that many slices; about 1,400 rows would tell"
    )


def test_a_sure_slice_leaves_more_to_the_others() -> None:
    sure = evidence(0.9, 0.89, 0.91, at_least=0.7, by="site", slice="sure")
    close = evidence(0.72, 0.702, 0.738, at_least=0.7, by="site", slice="close")
    assert [r.verdict for r in judge([sure, close], METHOD, 30)] == ["pass", "pass"]


def rule(against: str = "value", *, at_least: float | None = 0.0, by: str | None = None, metric: str = "auroc") -> Rule:
    return Rule("r", metric, against, at_least=at_least, by=by)


def verdicts(predictions: Predictions, *rules: Rule, grouped: bool = False) -> list[str]:
    return [r.verdict for r in judge(gather(predictions, rules, METHOD, grouped=grouped), METHOD, 30)]


def test_a_good_model_passes_every_kind_of_rule() -> None:
    rules = [
        rule(at_least=0.8),
        rule("dummy"),
        rule("simple"),
        rule("champion", at_least=-0.02),
        rule(at_least=0.6, by="site"),
    ]
    assert verdicts(binary(champion=True), *rules) == ["pass"] * 6


DEGENERATE = {
    "constant": lambda data: np.full(len(data), 0.9),
    "the dummy": lambda data: data.scores["dummy"],
    "the test prior": lambda data: np.full(len(data), data.target.mean()),
    "not a number": lambda data: np.full(len(data), NAN),
    "one not a number": lambda data: np.where(np.arange(len(data)) == 3, NAN, data.scores["candidate"]),
    "infinite": lambda data: np.full(len(data), INFINITE),
    "shuffled": lambda data: np.random.default_rng(5).permutation(data.scores["candidate"]),
}


@pytest.mark.parametrize("metric", ["auroc", "accuracy", "balanced_accuracy", "brier", "log_loss"])
@pytest.mark.parametrize("candidate", DEGENERATE)
@pytest.mark.parametrize("margin", [0.0, -0.5])
def test_a_model_without_skill_never_passes_against_the_dummy(metric: str, candidate: str, margin: float) -> None:
    data = binary(600)
    data = with_scores(data, candidate=DEGENERATE[candidate](data))
    lower = metric in {"brier", "log_loss"}
    bound = {"at_most": -margin} if lower else {"at_least": margin}
    assert verdicts(data, Rule("r", metric, "dummy", **bound)) != ["pass"]


@pytest.mark.parametrize("metric", ["accuracy", "balanced_accuracy", "f1"])
def test_a_model_that_never_decides_for_the_second_class_does_not_pass_by_its_decisions(metric: str) -> None:
    data = binary(600)
    data = with_scores(data, candidate=data.scores["candidate"] * 0.4)
    assert verdicts(data, rule("dummy", metric=metric)) != ["pass"]


def test_the_mean_never_passes_against_the_dummy() -> None:
    data = regression()
    data = with_scores(data, candidate=np.full(len(data), data.target.mean()))
    assert verdicts(data, Rule("r", "rmse", "dummy", at_most=5.0)) == ["fail"]


def test_the_same_classes_for_every_row_never_pass_against_the_dummy() -> None:
    data = multiclass()
    data = with_scores(data, candidate=np.tile([0.2, 0.5, 0.3], (len(data), 1)))
    assert verdicts(data, Rule("r", "accuracy", "dummy", at_least=0.0)) == ["fail"]


def test_a_model_that_fails_a_small_slice_is_stopped() -> None:
    data = binary(4000)
    inside = np.flatnonzero(data.slices["site"] == "b")[:120]
    labels, score = data.slices["site"].copy(), data.scores["candidate"].copy()
    labels[labels == "b"] = "a"
    labels[inside] = "small"
    score[inside] = 1 - score[inside]
    data = replace(with_scores(data, candidate=score), slices={"site": labels})
    assert verdicts(data, rule(at_least=0.8)) == ["pass"]
    assert verdicts(data, rule(at_least=0.8, by="site")) == ["pass", "fail"]


def test_without_an_error_an_interval_is_still_as_wide_as_its_rows_allow() -> None:
    data = binary(60)
    data = with_scores(data, candidate=np.where(data.target == 1, 0.9, 0.1))
    assert verdicts(data, rule(metric="accuracy", at_least=0.99)) == ["inconclusive"]
    assert verdicts(data, rule(metric="accuracy", at_least=0.9)) == ["pass"]


def test_the_champion_judged_against_itself_is_no_worse() -> None:
    data = binary(100, champion=True)
    data = with_scores(data, champion=data.scores["candidate"])
    assert verdicts(data, rule("champion", at_least=-0.001)) == ["pass"]


def test_without_a_champion_relative_rules_do_not_apply() -> None:
    results = judge(gather(binary(), [rule("champion")], METHOD, grouped=False), METHOD, 30)
    assert [(r.verdict, r.evidence.applicable) for r in results] == [("inconclusive", False)]


def test_a_champion_whose_scores_are_gone_is_not_no_champion() -> None:
    data = without(binary(champion=True), "champion")
    results = judge(gather(data, [rule("champion", at_least=-1.0)], METHOD, grouped=False), METHOD, 30)
    assert [(r.verdict, r.sentence) for r in results] == [
        ("fail", "AUROC cannot be measured: the scores of the champion are missing")
    ]


@pytest.mark.parametrize("metric", ["auc", "rmse", "macro_f1"])
def test_a_metric_that_does_not_fit_fails(metric: str) -> None:
    assert verdicts(binary(), rule(metric=metric)) == ["fail"]


def test_a_slice_with_one_class_is_undefined_and_fails() -> None:
    data = binary(200)
    data = replace(data, slices={"class": data.target.astype(str).astype(object)})
    assert verdicts(data, rule(by="class")) == ["fail", "fail"]


def test_the_order_of_rules_does_not_matter() -> None:
    rules = [rule(at_least=0.8), rule("dummy"), rule("simple")]
    forward = {r.evidence.rule: r for r in judge(gather(binary(), rules, METHOD, grouped=False), METHOD, 30)}
    backward = {r.evidence.rule: r for r in judge(gather(binary(), rules[::-1], METHOD, grouped=False), METHOD, 30)}
    assert {r: x.record() for r, x in forward.items()} == {r: x.record() for r, x in backward.items()}


RANK = {"fail": 0, "inconclusive": 1, "pass": 2}
RULES = (
    Rule("value", "auroc", at_least=0.8),
    Rule("champion", "auroc", "champion", at_least=-0.02),
    Rule("dummy", "auroc", "dummy", at_least=0.05),
    Rule("simple", "auroc", "simple", at_least=0.0),
    Rule("slice", "auroc", at_least=0.6, by="site"),
)


def spoiled(data: Predictions, what: str) -> Predictions:
    if what in data.scores:
        return without(data, what)
    if what == "slices":
        return replace(data, slices={})
    if what == "groups":
        return replace(data, groups=None)
    if what == "rows":
        return replace(
            data,
            target=data.target[:0],
            scores={m: s[:0] for m, s in data.scores.items()},
            rows=data.rows[:0],
            slices={k: v[:0] for k, v in data.slices.items()},
            groups=None if data.groups is None else data.groups[:0],
        )
    model = what.removeprefix("nan ")
    return with_scores(data, **{model: np.where(np.arange(len(data)) % 97 == 5, NAN, data.scores[model])})


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    st.sets(
        st.sampled_from(
            ["candidate", "champion", "dummy", "simple", "slices", "groups", "rows", "nan candidate", "nan champion"]
        ),
        min_size=1,
    ),
    st.integers(0, 3),
)
def test_taking_anything_away_can_only_lower_a_verdict(gone: set[str], seed: int) -> None:
    data = binary(500, champion=True, grouped=True, seed=seed)
    before = judge(gather(data, RULES, METHOD, grouped=True), METHOD, 30)
    for what in sorted(gone, key=lambda name: name in {"rows", *data.scores}):
        if what.removeprefix("nan ") in data.scores or " " not in what:
            data = spoiled(data, what)
    after = judge(gather(data, RULES, METHOD, grouped=True), METHOD, 30)
    assert RANK[verdict(each.record() for each in after)] <= RANK[verdict(each.record() for each in before)]
    worst = {r.evidence.rule.id: RANK[r.verdict] for r in sorted(before, key=lambda r: -RANK[r.verdict])}
    assert all(RANK[r.verdict] <= worst[r.evidence.rule.id] for r in after)


@pytest.mark.slow
def test_of_a_hundred_slices_at_the_bound_hardly_one_passes_by_luck() -> None:
    random = np.random.default_rng(1)
    sites = np.repeat(np.arange(100).astype(str).astype(object), 60)
    alarms = 0
    for _ in range(10):
        y = random.integers(0, 2, 6000)
        right = random.random(6000) < 0.8
        data = Predictions(
            "binary", np.arange(6000), y, {"candidate": np.where(right, y, 1 - y) * 0.8 + 0.1}, {"site": sites}
        )
        alarms += "pass" in verdicts(data, rule(metric="accuracy", at_least=0.8, by="site"))
    assert alarms <= 1


def test_a_relative_change_is_a_share_of_the_other_value() -> None:
    data = binary(2000, champion=True)
    asked = {"metric": "log_loss", "against": "champion", "relative": True}
    (item,) = gather(data, [Rule("r", at_most=0.05, **asked)], METHOD, grouped=False)  # type: ignore[arg-type]
    (plain,) = gather(data, [Rule("r", "log_loss", "champion", at_most=0.05)], METHOD, grouped=False)
    assert item.interval.value == pytest.approx(plain.interval.value / (plain.other or 0))
    result = one(item)
    assert result.verdict == "pass"
    assert " below the champion's " in result.sentence
    assert "; at most 5 % above is allowed" in result.sentence


def test_a_share_of_nothing_is_undefined() -> None:
    data = binary(500, champion=True)
    perfect = with_scores(data, champion=data.target * 1.0)
    asked = Rule("r", "ece", "champion", at_most=0.05, relative=True)
    (item,) = gather(perfect, [asked], METHOD, grouped=False)
    assert one(item).verdict == "fail"


def test_answers_that_are_right_or_wrong_are_counted_in_pairs() -> None:
    data = binary(1000, champion=True)
    asked = Rule("r", "accuracy", "champion", at_least=-0.03, test="mcnemar")
    (item,) = gather(data, [asked], METHOD, grouped=False)
    right = [(data.scores[model] > 0.5) == data.target for model in ("candidate", "champion")]
    assert item.pairs is not None
    assert (item.pairs.gained, item.pairs.lost) == ((right[0] & ~right[1]).sum(), (right[1] & ~right[0]).sum())
    (drawn,) = gather(data, [replace(asked, test="bootstrap")], METHOD, grouped=False)
    assert item.interval.value == pytest.approx(drawn.interval.value)
    assert (item.interval.low, item.interval.high) == pytest.approx(
        (drawn.interval.low, drawn.interval.high), abs=0.005
    )
    assert one(item).verdict == "pass"
    bare = with_scores(data, champion=np.full(1000, np.nan))
    assert one(gather(bare, [asked], METHOD, grouped=False)[0]).verdict == "fail"


def test_the_power_of_a_margin_is_recorded_and_said() -> None:
    data = binary(400, champion=True)
    worse = with_scores(
        data, candidate=np.clip(data.scores["champion"] + 0.001, 0, 1), champion=data.scores["candidate"]
    )
    (item,) = gather(worse, [Rule("r", "auroc", "champion", at_least=-0.001)], METHOD, grouped=False)
    width = item.interval.high - item.interval.low
    expected = 0.001 / (width / 2 / 1.959964) - 1.959964
    from mlops.ml.evaluation.judging.judge import power_of

    assert power_of(item, -0.001, 0.025) == pytest.approx(0.5 * math.erfc(-expected / math.sqrt(2)), abs=1e-4)
    assert power_of(item, 0.001, 0.025) is None


@pytest.mark.parametrize("by", ["site", None])
def test_a_declared_slice_without_rows_is_inconclusive(by: str | None) -> None:
    asked = Rule("r", "auroc", at_least=0.5, by=by, groups=("a", "b", "elsewhere"))
    results = judge(gather(binary(2000), [asked], METHOD, grouped=False), METHOD, 30)
    said = {result.evidence.slice: result.verdict for result in results}
    assert said == ({"elsewhere": "inconclusive", "a": "pass", "b": "pass"} if by else {None: "pass"})


@pytest.mark.parametrize(
    ("bounds", "side"),
    [({"at_most": 0.9}, "at_most"), ({"at_least": 0.1}, None), ({"at_least": 0.1, "at_most": 0.6}, "at_most")],
)
def test_a_record_says_on_which_side_its_bound_lies(bounds: dict[str, float], side: str | None) -> None:
    assert one(evidence(0.7, 0.65, 0.75, **bounds)).record().side == side
