"""Golden comments: the evidence of each case makes `comment/<case>.md`. `make golden` rewrites them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops.operations.reviewing.evidence import read_judged, read_plan
from mlops.present.markdown.comment import LIMIT, Context, comment
from mlops.present.markdown.text import escape
from tests.builders.comments import change, gate, rule, write_plan, write_report
from tests.builders.rendered import CHROMIUM, Elements, html, picture

HERE = Path(__file__).parent / "comment"
DONE = {"check": "success", "affected": "success", "pipeline": "success"}
RUN = "https://github.com/acme/models/actions/runs/412"
LEARNING_RATE = ("model.mlp.lr", 0.001, 0.0005, "conf/model/mlp.yaml:7")
SLICE = "Recall where segment=new_customer is 0.61 [0.58, 0.64] (1,204 rows), but at least 0.65 is required"
GAP = "Equal opportunity difference of race is 0.24 [0.156, 0.344], but at most 0.1 is allowed"
THIN = (
    "AUROC is 0.001 [-0.004, 0.006] below the champion's 0.862 (4,038 rows); at most 0.005 below is allowed: "
    "its interval reaches past that; about 9,000 rows would tell"
)
HOSTILE = (
    "<img src=x onerror=alert(1)> @acme/everyone #1 ](https://evil.example) [a](javascript:1) | `x` ``` \n\n# big\n"
    "- [ ] task <!-- --> </details></table> https://evil.example www.evil.example "
    "a@evil.example \u202egnp.exe\u2066 ${{ x }}"
)  # fmt: skip


def better(name: str, folder: Path) -> None:
    against = rule("auroc", 0.008, 0.003, 0.0121, against="champion", bound=-0.005, verdict="pass")
    rules = (against, rule("auroc", 0.879, 0.871, 0.887), rule("auroc", 0.84, 0.81, 0.87, by="female", slice="1"))
    write_report(folder, name, gate("pass", *rules), candidate={"auroc": 0.879}, champion={"auroc": 0.871})


def worse(name: str, folder: Path, sentence: str = SLICE) -> None:
    against = rule(
        "auroc", -0.001, -0.006, 0.004, against="champion", bound=-0.005, verdict="inconclusive", sentence=THIN
    )
    bad = rule(
        "recall", 0.61, 0.58, 0.64, by="segment", slice="new_customer", n=1204, verdict="fail", sentence=sentence
    )
    found = gate("fail", against, rule("auroc", 0.861, 0.852, 0.87), bad)
    write_report(folder, name, found, code=2, candidate={"auroc": 0.861}, champion={"auroc": 0.862})


def one(folder: Path) -> dict[str, str]:
    write_plan(
        folder, change("churn", "train", reasons=("reads train.candidates.mlp.lr",), keys=(LEARNING_RATE,), seconds=41)
    )
    better("churn", folder)
    return DONE


def first(folder: Path) -> dict[str, str]:
    write_plan(folder, change("churn", "ingest", reasons=("never ran",)))
    absent = rule("auroc", None, None, None, against="champion", applicable=False, verdict="inconclusive",
                  sentence="no champion: relative rule not applicable, absolute rules enforced")  # fmt: skip
    found = gate("pass", rule("auroc", 0.879, 0.871, 0.887), absent, champion=None)
    write_report(folder, "churn", found, candidate={"auroc": 0.879})
    return DONE


def waived(folder: Path) -> dict[str, str]:
    write_plan(folder, change("churn", "gate", reasons=("conf/waiver/churn.yaml",)))
    given = {"owner": "@ada", "approver": "@grace", "granted": "2026-03-01", "expires": "2026-03-20"}
    missed = rule("auroc", 0.61, 0.58, 0.64, by="segment", slice="new_customer", n=1204, verdict="fail",
                  sentence=SLICE, waived={**given, "reason": "the panel has <too> few rows until April"})  # fmt: skip
    unequal = rule("equalized_odds_difference", 0.05, 0.02, 0.08, of="plan", bound=0.1)
    rules = (rule("auroc", 0.879, 0.871, 0.887), missed, unequal, rule("auroc", 0.86, 0.85, 0.87, under="missing"))
    write_report(folder, "churn", gate("pass", *rules), candidate={"auroc": 0.879})
    return DONE


def warned(folder: Path) -> dict[str, str]:
    write_plan(folder, change("churn", "gate", reasons=("conf/pipeline/churn.yaml",)))
    gap = rule("equal_opportunity_difference", 0.24, 0.156, 0.344, of="race", bound=0.1, side="at_most", mode="warn",
               verdict="fail", sentence=GAP)  # fmt: skip
    found = gate("pass", rule("auroc", 0.879, 0.871, 0.887), gap)
    write_report(folder, "churn", found, candidate={"auroc": 0.879})
    return DONE


def other_rows(folder: Path) -> dict[str, str]:
    write_plan(folder, change("churn", "split", reasons=("the framework's code changed",)))
    found = gate("pass", rule("auroc", 0.879, 0.871, 0.887)) | {"framework": ["Makefile", "mlops/ml/data/splits.py"]}
    write_report(folder, "churn", found, candidate={"auroc": 0.879})
    return DONE


def three_of_a_thousand(folder: Path) -> dict[str, str]:
    lr = change("churn_eu", "train", reasons=("reads train.candidates.mlp.lr",), keys=(LEARNING_RATE,), seconds=840)
    data = change("churn_us", "ingest", reasons=("data/churn_us.parquet changed",), seconds=1320)
    hidden = ("model.mlp.hidden", [256, 256], [512, 512, 512], "conf/model/wide.yaml:3")
    keys = (hidden, LEARNING_RATE, ("trainer.max_epochs", 30, 60, "conf/pipeline/fraud.yaml:14"))
    write_plan(folder, lr, data, change("fraud", "train", reasons=("reads train.trainer",), keys=keys), unchanged=997)
    better("churn_eu", folder)
    worse("churn_us", folder)
    write_report(folder, "fraud", gate("pass", rule("auroc", 0.9, 0.8, 1.0)), code=4)
    return DONE | {"pipeline": "failure"}


def none_affected(folder: Path) -> dict[str, str]:
    write_plan(folder, unchanged=1000)
    return DONE | {"pipeline": "skipped"}


def no_plan(folder: Path) -> dict[str, str]:
    return {"check": "failure", "affected": "skipped", "pipeline": "skipped"}


def not_verified(folder: Path) -> dict[str, str]:
    one(folder)
    return DONE | {"pipeline": "failure"}


def hostile(folder: Path) -> dict[str, str]:
    keys = ((HOSTILE, HOSTILE, {HOSTILE: [HOSTILE]}, HOSTILE),)
    write_plan(folder, change("churn", "train", reasons=(HOSTILE,), keys=keys))
    rules = [rule(HOSTILE, 0.1, 0.1, 0.2, verdict="fail", sentence=HOSTILE, by=HOSTILE, slice=HOSTILE, against=HOSTILE)]
    write_report(folder, "churn", gate("fail", *rules) | {"framework": [HOSTILE]}, code=2)
    return DONE | {HOSTILE: "failure"}


CASES: dict[str, Callable[[Path], dict[str, str]]] = {
    case.__name__: case for case in (one, first, waived, warned, other_rows, three_of_a_thousand, none_affected,
                                     no_plan, not_verified, hostile)
}  # fmt: skip


def written(folder: Path, jobs: dict[str, str]) -> str:
    context = Context("acme", "c0ffee1" * 5 + "00000", "ba5e" * 10, RUN, jobs)
    plan = read_plan(folder)
    return comment(context, plan, read_judged(folder, plan) if plan else ())


@pytest.mark.parametrize("name", CASES)
def test_the_comment_is_as_expected(name: str, tmp_path: Path, update: bool) -> None:
    text = written(tmp_path, CASES[name](tmp_path))
    path = HERE / f"{name}.md"
    if update:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()
    assert len(text) <= LIMIT


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.parametrize("name", ["one", "three_of_a_thousand"])
def test_a_browser_shows_it_without_a_bar_to_scroll_sideways(name: str, tmp_path: Path) -> None:
    text = (HERE / f"{name}.md").read_text()
    assert picture(text, tmp_path / "comment.png", unfold=True) == (920, 900)
    assert (tmp_path / "comment.png").stat().st_size > 10_000


def test_nothing_a_person_wrote_becomes_markup_a_mention_or_a_link(tmp_path: Path) -> None:
    shown = Elements(html(written(tmp_path, hostile(tmp_path))))
    assert shown.tags <= {"h3", "h4", "p", "code", "a", "table", "thead", "tbody", "tr", "th", "td", "strong", "b",
                          "br", "wbr", "details", "summary", "ul", "li", "pre"}  # fmt: skip
    assert {attributes.get("href") for tag, attributes in shown.found if tag == "a"} == {RUN, f"{RUN}#artifacts"}
    assert not re.search(r"[@#]\w|://evil|www\.|[\u202a-\u202e\u2066-\u2069]", shown.text)
    assert "<img src=x onerror=alert(1)>" in shown.text, "it is shown as it was written"


@pytest.mark.slow
def test_more_than_fits_is_left_out_from_the_end_and_said(tmp_path: Path) -> None:
    names = [f"model_{index:04}" for index in range(1000)]
    write_plan(tmp_path, *(change(name, "train", keys=(LEARNING_RATE,) * 30) for name in names))
    for name in names[:990]:
        better(name, tmp_path)
    worse(names[990], tmp_path, "x@y " * 500_000)
    text = written(tmp_path, DONE)
    assert 60_000 < len(text) <= LIMIT
    assert "1,000 models affected: 1 blocked, 9 without a verdict, 990 passed" in text
    assert "… and 975 more: 975 passed." in text
    assert re.search(r"[\d,]+ folded sections are left out: a comment holds 65,536 characters.", text)
    assert text.count("<details>") == text.count("</details>")
    opened = [line for line in text.splitlines() if line.startswith(("#### ", "- ❌ **"))]
    assert [heading.split("**")[1] for heading in opened] == names[990:], "open, and what is blocked first"


@pytest.mark.slow
@pytest.mark.parametrize(("letters", "named"), [(0, 1000), (50, 500)])
def test_a_thousand_failures_are_told_or_counted(letters: int, named: int, tmp_path: Path) -> None:
    """The first have their sentences, the others a line or their name; what has no room for that is counted."""
    names = [f"model_{index:04}{'x' * letters}" for index in range(1000)]
    write_plan(tmp_path, *(change(name, "train") for name in names))
    for name in names:
        worse(name, tmp_path)
    text = written(tmp_path, DONE | {"pipeline": "failure"})
    opened = re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL)
    shown = [name for name in names if f" **{name}**" in opened]
    assert len(text) <= LIMIT
    assert shown == names[: len(shown)]
    assert len(shown) >= named
    more = re.search(r"([\d,]+) more blocked\.", opened)
    assert len(shown) + int(more[1].replace(",", "") if more else 0) == 1000
    assert opened.count("Recall where segment=new_customer is 0.61") >= named // 10


def test_reports_of_an_earlier_run_are_not_taken_for_this_one(tmp_path: Path) -> None:
    write_plan(tmp_path, change("churn", "train"))
    better("churn", tmp_path)
    (tmp_path / "report-churn" / "churn" / "exit-code").write_text("1\n")
    assert "churn without a verdict" in written(tmp_path, DONE)


words = st.text(st.characters(codec="utf-8") | st.sampled_from("<>&|`*_[]()!@#\\\n\r\u202e\u2028:/w."), max_size=60)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(words, words)
def test_text_shows_as_text_wherever_it_stands(one: str, two: str) -> None:
    page = Elements(html(f"| a |\n| --- |\n| {escape(one)} |\n\n- ✅ {escape(two)}\n"))
    assert page.tags <= {"table", "thead", "tbody", "tr", "th", "td", "ul", "li"}
    assert not re.search(r"[@#]\w|://", page.text)
    cells = [tag for tag, _ in page.found if tag in ("td", "li", "tr")]
    assert cells == ["tr", "tr", "td", "li"]


def test_rules_that_nobody_judged_are_no_pass(tmp_path: Path) -> None:
    write_plan(tmp_path, change("churn", "train"))
    rules = [rule("auroc", 0.9, 0.8, 0.95), rule("auroc", None, None, None, against="champion", verdict="deferred")]
    write_report(tmp_path, "churn", gate("pass", *rules))
    assert "❔" in written(tmp_path, DONE).splitlines()[1]
