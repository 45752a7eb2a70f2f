"""The page of the monitor: verdict first, what to do, charts with dates, scales and bounds, training beside now."""

from __future__ import annotations

import doctest
import itertools
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from mlops.documents.monitor import DistributionReport
from mlops.monitor import drift
from mlops.present.monitor import timeline as timelines
from mlops.present.monitor.advice import Step, advice
from mlops.present.monitor.distribution import distribution
from mlops.present.monitor.page import columns, render, view
from mlops.present.monitor.timeline import Point, timeline
from mlops.present.report.charts import Tick
from tests.builders.watched import BROKEN, WORSE, watched


class Texts(HTMLParser):
    """What a page says, in its order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.feed(page[page.index("<body>") :])

    def handle_data(self, data: str) -> None:
        self.said += [data.strip()] if data.strip() else []


def page(status: str, **more: Any) -> str:
    return render(watched(status, **more), "psi", ("accuracy", 0.8))


@pytest.mark.parametrize(
    ("status", "verdict", "headline", "command"),
    [
        ("ok", "pass", "Nothing has shifted", "mlops monitor churn --env prod"),
        ("alarm", "fail", "Alarm", "mlops retrain churn --env prod --propose"),
        ("data-incident", "fail", "The feed is broken", "mlops monitor churn --env prod"),
        ("insufficient", "inconclusive", "Too little is known", "mlops monitor churn --env prod"),
    ],
)
def test_the_verdict_is_first_and_then_what_to_type(status: str, verdict: str, headline: str, command: str) -> None:
    made = page(status)
    said = Texts(made).said
    assert f'<section class="banner {verdict}">' in made
    assert said.index(headline) < said.index(command)
    order = [made.find(part) for part in ('class="banner', 'id="next"', 'class="tiles"', 'id="feed"', 'id="lineage"')]
    there = [place for place in order if place >= 0]
    assert there == sorted(there)


def test_an_alarm_says_what_else_is_wrong() -> None:
    banner = view(watched("alarm"), "psi", None).banner
    assert banner.summary.startswith("age has shifted: psi 0.312, 0.1 allowed")
    assert banner.reasons == (WORSE[0].upper() + WORSE[1:],)


def test_an_old_log_is_said_to_be_old() -> None:
    banner = view(watched("ok", newest_record="2026-11-03T00:00:00Z"), "psi", None).banner
    assert banner.reasons == ("The newest record is from 2026-11-03T00:00:00Z: this is not how things are now",)


def test_a_broken_feed_is_repaired_or_answered_for() -> None:
    assert advice(watched("data-incident")) == (
        Step("Repair the feed. Until then nothing learns from it."),
        Step("Where that is how the feed is now, answer for it in conf/accept/churn.yaml, by a pull request."),
        Step("Look again.", "mlops monitor churn --env prod"),
    )
    assert view(watched("data-incident"), "psi", None).banner.summary == BROKEN.replace("`", "")


def test_nobody_is_sent_back_where_answers_are_not_worse_or_nothing_is_released() -> None:
    def typed(**more: Any) -> list[str]:
        return [step.command.split()[1] for step in advice(watched("alarm", **more))]

    assert typed() == ["history", "rollback", "retrain", "monitor"]
    assert typed(alarms=[]) == ["history", "retrain", "monitor"]
    assert typed(environment=None) == ["history", "retrain", "monitor"]


def test_every_chart_has_dates_a_scale_and_its_bound_at_the_line() -> None:
    found = columns(watched("alarm"), "psi")
    assert [column.timeline.name for column in found] == ["age", "plan", "region", "insured"]
    age = found[0].timeline
    assert [tick.text for tick in age.dates] == ["2 Nov", "6 Nov", "11 Nov", "15 Nov"]
    assert [tick.text for tick in age.values] == ["0.0", "0.1", "0.2", "0.3"]
    assert age.bound == Tick(next(tick.at for tick in age.values if tick.text == "0.1"), "bound 0.1")
    assert (age.state, [dot.style for dot in age.dots].count("bad")) == ("fail", 4)
    assert "bound 0.1; windows from 2 Nov to 15 Nov" in age.said
    assert all("bound 0.1</text>" in part for part in page("alarm").split("<h3>")[-4:])


def test_windows_of_hours_say_the_hour() -> None:
    found = watched("ok", days=4, hours=6)
    assert [tick.text for tick in columns(found, "psi")[0].timeline.dates] == [
        "2 Nov 00:00", "2 Nov 06:00", "2 Nov 12:00", "2 Nov 18:00",
    ]  # fmt: skip


@pytest.mark.parametrize("days", [1, 2])
def test_few_windows_are_drawn_too(days: int) -> None:
    points = [Point(index, 0.0) for index in range(days)]
    drawn = timeline("x", points, None, watched("ok", days=days).windows, "pass")
    assert len(drawn.dates) == len(drawn.dots) == days
    assert "nan" not in page("ok", days=days)


def test_training_and_now_lie_in_the_same_bins() -> None:
    plan = distribution(next(item for item in watched("ok").distributions if item.column == "plan"))
    assert [tick.text for tick in plan.names] == ["basic", "plus", "premium", "others"]
    assert [bar.x for bar in plan.bars] == [50.0, 129.5, 209.0, 288.5]
    assert plan.shares[0] == Tick(plan.base, "0 %")
    assert plan.bars[0].text == "basic: 20.2% in training, 20.2% now"


def test_what_moved_most_is_said_in_words() -> None:
    found = {"bins": ("up to 1", "over 1"), "reference": (0.9, 0.1), "window": (0.4, 0.6)}
    drawn = distribution(DistributionReport(column="x", start="2026-11-02T00:00:00Z", **found))
    assert drawn.said == "Moved most: up to 1: 90.0% in training, 40.0% now"


def test_what_is_told_as_the_same_has_not_moved() -> None:
    found = {"bins": ("up to 1", "over 1"), "reference": (0.9, 0.1), "window": (0.9004, 0.0996)}
    drawn = distribution(DistributionReport(column="x", start="2026-11-02T00:00:00Z", **found))
    assert drawn.said == "Nothing moved by a tenth of a percent"


def test_rare_levels_are_taken_together() -> None:
    region = distribution(next(item for item in watched("ok").distributions if item.column == "region"))
    assert len(region.bars) == 12
    assert region.bars[-1].text.startswith("others: ")
    assert [tick.text for tick in region.names] == ["region 0", "region 6", "others"]


def test_the_page_fetches_nothing_runs_nothing_and_escapes() -> None:
    made = page("alarm", why="<script>alert(1)</script>")
    assert "<script" not in made
    assert "http" not in made.replace("http-equiv", "")
    assert "prefers-color-scheme: dark" in made
    assert "@media print" in made


def test_what_is_drawn_has_a_name() -> None:
    made = page("alarm")
    assert len(re.findall(r'<svg [^>]*role="img" aria-label="[^"]+"', made)) == made.count("<svg") > 8
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", made)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_examples_are_true() -> None:
    for module in (timelines, drift):
        assert doctest.testmod(module).failed == 0
