from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mlops.documents.gate import GateReport
from mlops.present.report.about import About
from mlops.present.report.documents import Documents
from mlops.present.report.page import Page, view
from mlops.stages import gate
from tests.builders.evaluations import RULES, binary, gate_params, regression, write_run
from tests.builders.reports import EXPLANATIONS, WAIVER, examine
from tests.unit.present.test_report import outline

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FAIR = {"id": "fair", "metric": "equal_opportunity_difference", "of": "site", "at_most": 0.2}


@pytest.fixture(scope="module")
def examined(tmp_path_factory: pytest.TempPathFactory) -> tuple[Page, str]:
    return judged(tmp_path_factory.mktemp("examined"), rules=[*RULES, FAIR])


def judged(folder: Path, change: Callable[[Any], None] = examine, **params: Any) -> tuple[Page, str]:
    context = write_run(folder, binary(champion=True))
    change(context)
    gate.run(replace(context, params=gate_params(**params)))
    record = GateReport.parse(context.path("reports/gate.json").read_bytes())
    seen = view(
        "visits", record, Documents.read(context.path("reports")), {}, About.model_validate(params.get("about", {}))
    )
    return seen, context.path("reports/report.html").read_text()


def test_every_section_that_has_evidence_is_there_and_in_the_index(examined: tuple[Page, str]) -> None:
    seen, html = examined
    outline(html)
    assert [title for _, title in seen.index] == [
        "Rules", "Models", "Behaviour", "Calibration", "Decisions", "Slices", "Fairness", "Robustness", "Importance",
        "Training", "Serving", "Data", "Lineage",
    ]  # fmt: skip
    assert re.findall(r'href="#([a-z]+)"', html) == [anchor for anchor, _ in seen.index]
    assert set(re.findall(r'<section id="([a-z]+)"', html)) == {anchor for anchor, _ in seen.index}


def test_a_section_without_evidence_is_not_there(tmp_path: Path) -> None:
    seen, html = judged(tmp_path, change=lambda _: None)
    assert [title for _, title in seen.index] == [
        "Rules", "Models", "Behaviour", "Calibration", "Slices", "Training", "Data", "Lineage",
    ]  # fmt: skip
    assert "Fairness" not in html
    assert "Slices that nobody declared" not in html


def test_waivers_are_shown_with_who_answers_for_them_and_until_when(tmp_path: Path) -> None:
    rules = [*RULES[:3], {**RULES[3], "at_least": 0.99}]
    seen, html = judged(tmp_path, rules=rules, waivers=[WAIVER])
    assert seen.banner.verdict == "pass"
    assert seen.banner.summary == "2 of 2 rules passed, 2 waived, 1 over the live model still to be judged"
    title, rule = seen.banner.waivers[0]
    assert rule.waived is not None
    assert (title, rule.waived.owner, rule.waived.approver) == ("AUROC where site=a", "@ada", "@grace")
    assert "the last day is <b>2026-03-20</b>" in html
    assert "site b opens in May and has few rows until then" in html
    assert [row.verdict for row in seen.rules[:2]] == ["waived", "waived"]


def test_what_warns_is_named_in_an_amber_banner(tmp_path: Path) -> None:
    rules = [RULES[0], {"id": "w", "metric": "auroc", "at_least": 0.99, "mode": "warn"}]
    seen, html = judged(tmp_path, rules=rules)
    assert (seen.banner.headline, seen.banner.summary) == ("Passed with a warning", "1 of 1 rule passed")
    assert seen.banner.warning == "1 warning: AUROC is 0.849, and should be at least 0.99"
    assert 'class="banner pass warned"' in html
    assert seen.banner.warning in html


ABOUT = {
    "description": "Will they come?", "owners": ["@clinic"], "risk": "limited", "target": "comes", "source": "v.csv",
    "recorded": "2030-12-31", "labels": {"site": {"a": "the old house"}, "comes": {"0": "stays away", "1": "comes"}},
}  # fmt: skip


def test_the_header_says_what_the_model_is(tmp_path: Path) -> None:
    seen, html = judged(tmp_path, rules=[*RULES, FAIR], about=ABOUT)
    outline(html)
    facts = dict(seen.header.facts)
    assert facts["Predicts"] == "comes: stays away or comes"
    assert facts["Owners"] == "@clinic"
    assert facts["Data"].startswith("v.csv of 2030-12-31, ")
    assert facts["Judged on"] == "1,000 test rows"
    assert seen.header.where == f"mlops why {dict(seen.lineage)['Bundle']}"
    assert [name for name, _ in seen.header.models] == ["candidate", "champion", "simple", "dummy"]
    assert "Will they come?" in html


def test_codes_are_called_what_they_mean(tmp_path: Path) -> None:
    seen, _ = judged(tmp_path, rules=[*RULES, FAIR], about=ABOUT)
    assert [row.name for row in seen.slices[0].rows] == ["the old house", "b"]
    assert [row.name for row in seen.fairness[0].forests[0].rows] == ["the old house", "b"]
    assert "AUROC where site=the old house" in [row.title for row in seen.rules]
    assert seen.confusion is not None
    assert seen.confusion.classes == ("stays away", "comes")
    assert seen.confusion.threshold == (
        "Above a probability of 0.210, comes is decided: chosen by what decisions are worth"
    )


def test_a_bound_lies_on_the_scale_of_its_track(tmp_path: Path) -> None:
    seen, _ = judged(tmp_path, rules=[{"id": "a", "metric": "auroc", "at_least": 0.7}], about=ABOUT)
    (row,) = seen.rules
    assert row.bound is not None
    assert row.track is not None
    assert (row.bound.text, row.bound.at) == ("≥ 0.7", row.track.bound)
    assert len(row.ticks) > 1


def test_lineage_is_drawn_from_the_data_to_the_verdict(tmp_path: Path) -> None:
    seen, html = judged(tmp_path)
    names = [box.name for box in seen.drawing.boxes]
    assert (names[0], names[-1]) == ("Data", "Verdict")
    assert "Bundle to Predictions" in seen.drawing.text
    assert html.count('class="arrow"') == len(seen.drawing.paths)


def test_a_rule_says_its_power_and_the_rows_it_needs(tmp_path: Path) -> None:
    rules = [{**RULES[0], "at_least": 0.84}, {**RULES[1], "id": "auroc-simple", "against": "simple"}]
    facts = {row.title: row.facts for row in judged(tmp_path, rules=rules)[0].rules}
    assert facts["AUROC"] == (), "the sentence says it already"
    assert facts["AUROC over the simple"] == ("power 18%: how often an equally good model passes on so many rows",)


def test_fairness_shows_the_rates_of_every_group(examined: tuple[Page, str]) -> None:
    part = examined[0].fairness[0]
    assert [forest.title for forest in part.forests] == [
        "Selected", "True positive rate", "False positive rate", "Precision",
    ]  # fmt: skip
    assert [row.name for row in part.forests[0].rows] == ["a", "b"]
    assert part.said[0][1].startswith("Equal opportunity difference of site is")


def test_robustness_says_the_paired_change(examined: tuple[Page, str]) -> None:
    rows = examined[0].robustness[0].rows
    assert [(row.name, row.rows) for row in rows] == [
        ("as they are", ""),
        ("noise 0.1", "−0.010 [−0.015, −0.005]"),
        ("unseen categories 0.25", "−0.060 [−0.065, −0.055]"),
    ]
    assert len(examined[0].robustness[1].rows) == 2, "what was not measured under a perturbation is left out"


def test_long_lists_are_cut_and_say_so(examined: tuple[Page, str]) -> None:
    overall = examined[0].importance
    assert overall is not None
    assert (len(overall.overall[0].rows), overall.overall[0].more) == (12, "and 3 more")
    assert "and 3 more" in examined[1]


def test_named_rows_say_where_the_score_comes_from(examined: tuple[Page, str]) -> None:
    found = examined[0].importance
    assert found is not None
    row = found.rows[0]
    assert (row.title, row.note) == ("person p7", "from 0.100 to −0.300, in log-odds")
    assert [(each.name, each.value) for each in row.rows] == [("age", "−0.600"), ("income", "0.200")]


def test_many_named_rows_are_cut(tmp_path: Path) -> None:
    def more(context: Any) -> None:
        examine(context)
        rows = [EXPLANATIONS["rows"][0] | {"row": number} for number in range(9)]  # type: ignore[index]
        context.path("reports/explanations.json").write_text(json.dumps(EXPLANATIONS | {"rows": rows}))

    assert "and 3 more rows in reports/explanations.json" in judged(tmp_path, change=more)[1]


def test_decisions_have_their_prices_and_threshold(examined: tuple[Page, str]) -> None:
    found = examined[0].decision
    assert found is not None
    assert found.facts[0] == ("Threshold", "0.210")
    assert found.values == (("0", ("0", "−5")), ("1", ("−40", "20")))
    assert found.plot is not None
    assert [mark.text for mark in found.plot.marks] == ["threshold"]
    assert "Against leaving every row alone, deciding by the model pays" in examined[1]


def test_serving_is_in_milliseconds_and_leaves_out_what_was_not_measured(examined: tuple[Page, str]) -> None:
    found = examined[0].serving
    assert found is not None
    assert [(forest.title, forest.note) for forest in found.forests] == [
        ("Median latency", "ms"), ("Size", "MiB"), ("Throughput", "rows/s"),
    ]  # fmt: skip
    assert [(row.name, row.value, row.interval) for row in found.forests[0].rows] == [
        ("candidate", "1.20", "[1.10, 1.30]"), ("champion", "1.50", "[1.40, 1.60]"),
    ]  # fmt: skip


def test_data_shows_spread_drift_labels_and_leaks(examined: tuple[Page, str]) -> None:
    seen, html = examined
    assert seen.data is not None
    age = next(each for each in seen.data.histograms if each.name == "age")
    assert [(bar.width, bar.height) for bar in age.bars] == [(25.0, 20.0), (25.0, 40.0), (25.0, 30.0), (25.0, 10.0)]
    assert [bar.text for bar in age.bars][::3] == ["up to 20: 1,000", "over 60: 500"]
    assert seen.data.drift is not None
    assert [row.name for row in seen.data.drift.rows] == ["age", "income"]
    assert seen.data.labels == "Wrong labels: about 3.1% of 5,000 rows, by confident learning; yes for no (90)"
    assert "3 of 1,000 rows of test are almost copies" in html


def test_a_search_among_some_of_the_rows_is_said(tmp_path: Path) -> None:
    def searched(context: Any) -> None:
        path = context.path("reports/data.json")
        some = {"searched": {"rows": 200_000, "of": 10_000_000, "seed": 3}}
        path.write_text(json.dumps(json.loads(path.read_text()) | some))

    seen, _ = judged(tmp_path, change=searched)
    assert seen.data is not None
    assert ("Searched for leaks", "200,000 of 10,000,000 rows, drawn with seed 3") in seen.data.facts


def test_slices_that_nobody_declared_are_named(examined: tuple[Page, str]) -> None:
    found = examined[0].discovered
    assert found is not None
    assert [(row.name, row.value, row.rows) for row in found.rows] == [("age over 60 and site = b", "0.310", "120")]


def test_slices_that_were_looked_for_in_vain_are_said(tmp_path: Path) -> None:
    def none(context: Any) -> None:
        path = context.path("reports/metrics.json")
        path.write_text(json.dumps(json.loads(path.read_text()) | {"discovered": []}))

    assert "none was confirmed on test rows" in judged(tmp_path, change=none)[1]


def test_residuals_are_shown_by_segment(tmp_path: Path) -> None:
    context = write_run(tmp_path, regression(), ("mae", "r2"))
    gate.run(
        replace(context, params=gate_params(task="regression", rules=[{"id": "a", "metric": "mae", "at_most": 9}]))
    )
    record = GateReport.parse(context.path("reports/gate.json").read_bytes())
    seen = view("visits", record, Documents.read(context.path("reports")), {})
    assert [forest.title for forest in seen.residuals] == ["Mean error by prediction"]
    assert len(seen.residuals[0].rows) == 10
    assert seen.calibration is None


def test_the_learning_curve_has_intervals_where_they_are_known(examined: tuple[Page, str]) -> None:
    found = examined[0].learning_curve
    assert found is not None
    (curve,) = found.curves
    assert len(curve.whiskers) == 3
    assert curve.whiskers[2][1] == curve.whiskers[2][2], "no interval is no whisker"


def test_lineage_names_the_rules_that_were_there_before_training(examined: tuple[Page, str]) -> None:
    names = dict(examined[0].lineage)
    assert names["Rules, before training"].startswith("sha256:")
    assert "Champion" not in names


def test_reports_of_hostile_names_stay_text(tmp_path: Path) -> None:
    def spoil(context: Any) -> None:
        examine(context)
        for name in ("metrics", "explanations", "serving", "data", "split"):
            path = context.path(f"reports/{name}.json")
            text = path.read_text()
            for word in ("column_1", "age over 60", "EUR", "log-odds", "rows/s", "near_duplicates", "income", "noise"):
                text = text.replace(word, "<img src=x onerror=1>" + word)
            path.write_text(text)

    html = judged(tmp_path, change=spoil)[1]
    assert "img" not in outline(html).tags
    assert html.count("&lt;img") > 10


def test_the_same_reports_give_the_same_bytes(tmp_path: Path, examined: tuple[Page, str]) -> None:
    assert judged(tmp_path, rules=[*RULES, FAIR])[1] == examined[1]


def test_a_page_stays_small(examined: tuple[Page, str]) -> None:
    assert len(examined[1]) < 130_000


def test_a_table_with_a_field_beyond_all_measure_is_empty(tmp_path: Path) -> None:
    (tmp_path / "history.csv").write_text("metric\n" + "x" * 131_073)
    assert Documents.read(tmp_path).history == ()


def test_origins_that_were_gone_back_to_are_a_table(tmp_path: Path) -> None:
    def went_back(context: Any) -> None:
        path = context.path("reports/training.json")
        origin = {"known": 80, "rows": 20, "candidate": {"auroc": 0.7}, "dummy": {"auroc": 0.5}}
        walked = {"metric": "auroc", "origins": 1, "mean": 0.7, "gap": 7}
        path.write_text(
            json.dumps(json.loads(path.read_text()) | {"backtest": {"2024-05-01": origin}, "walked": walked})
        )

    _, html = judged(tmp_path, change=went_back)
    assert '<h3 class="part">Had it learnt before</h3>' in html
    assert '<tr><td>2024-05-01</td><td class="num">80</td><td class="num">20</td><td class="num">0.700</td>' in html
    assert "learnt again at one origin, from all rows before each, a gap of 7 left out: auroc 0.700" in html
