"""Pages are read by everybody: axe finds nothing serious in them, and a phone has nothing to scroll sideways."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops.documents.gate import GateReport
from mlops.metrics import METRICS
from mlops.present.monitor.page import render as monitor_page
from mlops.present.report.page import render as report_page
from tests.accessibility.browser import PHONE, Look, Seen, look, missing
from tests.builders.rendered import page as as_on_github
from tests.builders.watched import watched

pytestmark = [
    pytest.mark.tools,
    pytest.mark.slow,
    pytest.mark.skipif(bool(missing()), reason=missing() or "can run"),
]

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "build/docs"
READ = ("index", "start", "pull-request", "gates", "reference/verbs")
WAYS = {"screen": {}, "dark": {"dark": True}, "phone": {"width": PHONE}, "print": {"print": True}}


def all_ways(address: str, profile: Path) -> dict[str, Seen]:
    """Look at a page in every way."""
    looks = [Look(address, **way) for way in WAYS.values()]  # type: ignore[arg-type]  # of several kinds
    return dict(zip(WAYS, look(looks, profile), strict=True))


def wrong(seen: dict[str, Seen]) -> list[str]:
    """List what keeps somebody from reading a page, and what is too wide."""
    serious = [f"{way}: {line}" for way, found in seen.items() for line in found.serious]
    return [*serious, *(f"{way}: {found.wide} px wide" for way, found in seen.items() if found.wide)]


@pytest.mark.parametrize("name", ["diabetes", "digits", "rand_hie"])
def test_a_report(name: str, tmp_path: Path) -> None:
    reports, page = ROOT / "pipelines" / name / "reports", tmp_path / "report.html"
    gate = GateReport.parse((reports / "gate.json").read_bytes())
    better = {metric: found.higher_is_better for metric, found in METRICS.items()}
    page.write_text(report_page(name, gate, reports, better))
    assert wrong(all_ways(page.as_uri(), tmp_path / "profile")) == []


@pytest.mark.parametrize("status", ["ok", "alarm", "data-incident"])
def test_a_page_of_the_monitor(status: str, tmp_path: Path) -> None:
    page = tmp_path / "monitor.html"
    page.write_text(monitor_page(watched(status), "psi", ("accuracy", 0.8)))
    assert wrong(all_ways(page.as_uri(), tmp_path / "profile")) == []


@pytest.mark.parametrize("comment", sorted((ROOT / "tests/golden/comment").glob("*.md")), ids=lambda path: path.stem)
def test_a_comment_has_no_table_to_scroll(comment: Path, tmp_path: Path) -> None:
    page = tmp_path / "comment.html"
    page.write_text(as_on_github(comment.read_text(), unfold=True))
    (seen,) = look([Look(page.as_uri())], tmp_path / "profile")
    assert [box for box in seen.boxes if box.startswith("<table")] == []


@pytest.mark.skipif(not DOCS.is_dir(), reason="build/docs is not there: `make docs` makes it")
@pytest.mark.parametrize("name", READ)
def test_a_page_of_the_docs(name: str, tmp_path: Path) -> None:
    page = DOCS / f"{name}.html"
    assert wrong(all_ways(page.as_uri(), tmp_path / "profile")) == []


def test_what_is_planted_is_found(tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text(
        '<!doctype html><html lang="en"><title>x</title><main><h1>x</h1><p style="color: #bbb">pale</p>'
        '<svg role="img"></svg><p style="width: 700px">wide</p></main>'
    )
    (seen,) = look([Look(page.as_uri(), width=PHONE)], tmp_path / "profile")
    assert {line.split()[1] for line in seen.serious} == {"color-contrast:", "svg-img-alt:"}
    assert seen.wide >= 700
