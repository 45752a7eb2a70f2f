from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mlops.documents.gate import GateReport
from mlops.present.report import page
from mlops.stages import gate
from tests.builders.evaluations import binary, gate_params, multiclass, regression, with_scores, write_run

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from pathlib import Path

EVIL = "<img src=x onerror=alert(1)>\"'&"
REPORTS = ("metrics.json", "data.json", "split.json", "training.json", "history.csv")


class Outline(HTMLParser):
    """Which elements and attributes a page really has."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def outline(html: str) -> Outline:
    parser = Outline()
    parser.feed(html)
    assert parser.open == []
    return parser


def rendered(folder: Path, data: Any, **changes: Any) -> str:
    context = write_run(folder, data, **{k: changes.pop(k) for k in ("metrics",) if k in changes})
    context = replace(context, pipeline=changes.pop("pipeline", "visits"), params=context.params | changes)
    gate.run(context)
    return context.path("reports/report.html").read_text()


CASES = {
    "binary": (binary(champion=True), ("auroc", "log_loss"), gate_params()["rules"], ["ROC", "Calibration", "by site"]),
    "multiclass": (
        multiclass(),
        ("accuracy", "macro_f1"),
        [{"id": "a", "metric": "accuracy", "at_least": 0.5}],
        ["Confusion", "Macro F1"],
    ),
    "regression": (regression(), ("mae", "r2"), [{"id": "a", "metric": "mae", "at_most": 9.0}], ["Residuals", "R²"]),
}


@pytest.mark.parametrize(("data", "metrics", "rules", "words"), CASES.values(), ids=CASES)
def test_every_task_has_its_page(tmp_path: Path, data: Any, metrics: Any, rules: Any, words: list[str]) -> None:
    html = rendered(tmp_path, data, metrics=metrics, rules=rules)
    outline(html)
    for word in ["Passed", "Candidate against the others", "Loss on training", "nulls: income", "sha256:ddd", *words]:
        assert word in html
    assert "missing:" not in html


def test_the_page_asks_nobody_for_anything(tmp_path: Path) -> None:
    html = rendered(tmp_path, binary(champion=True))
    found = outline(html)
    assert not {"script", "link", "img", "iframe", "object", "embed", "base", "form"} & found.tags
    assert not {"src", "srcset", "action"} & found.attributes
    assert all(target.startswith("#") for target in re.findall(r'href="([^"]*)"', html))
    assert not re.search(r"https?:|url\(|@import", html)


def test_every_verdict_has_its_banner(tmp_path: Path) -> None:
    data = binary()
    bound = {"id": "r", "metric": "auroc"}
    assert 'class="banner pass"' in rendered(tmp_path / "1", data, rules=[bound | {"at_least": 0.5}])
    assert 'class="banner fail"' in rendered(tmp_path / "2", data, rules=[bound | {"at_least": 0.99}])
    html = rendered(
        tmp_path / "3",
        data,
        rules=[bound | {"at_least": 0.84}, bound | {"id": "c", "against": "champion", "at_least": 0.0}],
    )
    assert 'class="banner inconclusive"' in html
    assert "0 of 1 rule passed, 1 over the live model still to be judged" in html


def test_what_users_wrote_is_text_and_never_markup(tmp_path: Path) -> None:
    data = binary()
    labels = np.where(data.slices["site"] == "a", EVIL, "b").astype(object)
    context = write_run(tmp_path, replace(data, slices={EVIL: labels}, classes=(EVIL, "1")))
    for name in ("data", "training", "split", "metrics"):
        path = context.path(f"reports/{name}.json")
        path.write_text(json.dumps(json.loads(path.read_text(), object_hook=_spoiled)))
    history = context.path("reports/history.csv")
    history.write_text(history.read_text().replace("mlp", "<img src=x onerror=alert(1)>"))
    rules = [{"id": EVIL, "metric": "auroc", "at_least": 0.5, "by": EVIL}]
    gate.run(replace(context, pipeline=EVIL, params=gate_params(rules=rules)))
    html = context.path("reports/report.html").read_text()
    found = outline(html)
    assert "img" not in found.tags
    assert "onerror" not in found.attributes
    assert html.count("&lt;img src=x onerror") > 10


def _spoiled(item: dict[str, Any]) -> dict[str, Any]:
    texts = ("name", "message", "column", "kind", "source", "by", "select_by", "chosen", "label")
    return {key: EVIL if key in texts and isinstance(value, str | int) else value for key, value in item.items()}


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("how", ["absent", "empty", "damaged"])
def test_a_missing_report_is_named_in_its_section(tmp_path: Path, name: str, how: str) -> None:
    context = write_run(tmp_path, binary())
    path = context.path(f"reports/{name}")
    path.unlink() if how == "absent" else path.write_text("" if how == "empty" else "{")
    gate.run(context)
    html = context.path("reports/report.html").read_text()
    outline(html)
    assert f"missing: reports/{name}" in html


def test_a_page_is_made_of_the_verdict_alone(tmp_path: Path) -> None:
    document = GateReport(verdict="inconclusive", rules=(), predictions="sha256:0")
    html = page.render("empty", document, tmp_path, {})
    outline(html)
    assert html.count("missing: ") == 7
    assert "No rule applies to this model" in html


def test_a_score_that_is_not_a_number_still_has_a_page(tmp_path: Path) -> None:
    data = binary()
    html = rendered(tmp_path, with_scores(data, candidate=np.full(len(data), np.nan)))
    outline(html)
    assert 'class="banner fail"' in html
    assert "nan" not in html.lower().replace("nance", "")


def test_the_page_does_not_know_the_time_or_the_place(tmp_path: Path) -> None:
    html = rendered(tmp_path, binary())
    assert str(tmp_path) not in html
    assert not re.search(r"\b20[0-9]{2}-[0-9]{2}-[0-9]{2}", html)
    assert len(html) < 100_000


def test_many_classes_are_listed_by_their_errors(tmp_path: Path) -> None:
    data = replace(multiclass(900, 25), classes=tuple(map(str, range(25))))
    html = rendered(tmp_path, data, metrics=("accuracy",), rules=[])
    assert 'class="confusion"' not in html
    assert "Most frequent errors" in html


def test_the_page_says_what_calibration_brought_and_what_weighted_rows_are_worth(tmp_path: Path) -> None:
    data = binary()
    context = write_run(tmp_path, replace(data, weights=np.where(np.arange(len(data)) % 4 == 0, 4.0, 1.0)))
    path = context.path("reports/training.json")
    figures = {"ece_before": 0.1, "ece_after": 0.02, "log_loss_before": 0.5, "log_loss_after": 0.4}
    said = json.loads(path.read_text()) | {"calibration": {"method": "platt", "rows": 1200, **figures}}
    path.write_text(json.dumps(said))
    gate.run(context)
    html = context.path("reports/report.html").read_text()
    sentence = "The chosen one was calibrated by platt on 1,200 rows of validation: calibration error 0.1000 to 0.0200"
    assert sentence in html
    assert "rows count by weight, worth 644 of equal weight" in html
