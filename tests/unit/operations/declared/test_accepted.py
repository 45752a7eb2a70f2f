"""What is accepted counts once it is on the main line, and `validate` says what is wrong with it."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlops.cli.main import run
from mlops.operations.declared.accepted import acceptances_at, main_line, waiting
from mlops.operations.validate import validate
from mlops.operations.watching.retrain import retrain
from mlops.operations.workspace import open_workspace
from tests.builders.bundles import make_bundle, make_frame
from tests.builders.logs import write_day
from tests.builders.papers import write_papers
from tests.builders.repositories import commit, edit, git, make_repository

pytestmark = pytest.mark.slow

MONITOR = "\nmonitor: {every: day, drift: {ignore: [(output)]}}\n"
FILE = "conf/accept/churn.yaml"
ENTRY = """\
accepted:
  - check: outside
    column: age
    at_most: 1.0
    cause: "The form asks for months, not years, since November."
    owner: "@ada"
    approver: "@grace"
    since: "{since}"
    until: "{until}"
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose feed broke on the third day: ages are in months."""
    made = make_repository(tmp_path / "shop")
    path = made / "conf/pipeline/churn.yaml"
    path.write_text(path.read_text().rstrip("\n") + MONITOR)
    bundle = make_bundle(made / "pipelines/churn/artifacts/bundle")
    write_papers(made / "pipelines/churn/reports", bundle)
    rows = pl.concat([make_frame()] * 10)
    for day in range(4):
        frame = rows if day < 2 else rows.with_columns(age=pl.col("age") * 12)
        write_day(made / ".mlops/log/churn", bundle, day, frame)
    git(made, "init", "-q", "-b", "main")
    commit(made, "Begin")
    monkeypatch.chdir(made)
    return made


def accept(root: Path, since: str = "2026-11-01", until: str = "2026-11-30", **changes: str) -> None:
    (root / "conf/accept").mkdir(exist_ok=True)
    text = ENTRY.format(since=since, until=until)
    for old, new in changes.items():
        text = text.replace(old, new)
    (root / FILE).write_text(text)


def report(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / ".mlops/monitor/churn/report.json").read_bytes())
    return found


@pytest.mark.slow
def test_an_acceptance_counts_once_it_is_committed(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["monitor", "churn", "--until", "2026-11-06"]
    assert run(arguments) == 2
    assert report(root)["status"] == "data-incident"
    hint = "  repair the feed; where that is how it is now: conf/accept/churn.yaml, which somebody else approves\n"
    assert hint in capsys.readouterr().err
    accept(root)
    assert run(arguments) == 2
    assert f"{FILE} is not merged: what it accepts counts for nothing yet" in capsys.readouterr().err
    commit(root, "Accept months")
    assert run(arguments) == 2
    said = capsys.readouterr()
    assert report(root)["status"] == "alarm", "what is accepted is compared again, and months are no years"
    assert "accepted until 2026-11-30 by @grace: The form asks for months" in said.out
    assert "is not merged" not in said.err


def test_a_branch_of_ones_own_accepts_nothing_where_there_is_a_remote(root: Path) -> None:
    git(root, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(root, "switch", "-q", "-c", "mine")
    accept(root)
    commit(root, "Accept months")
    main = main_line(root, "main")
    assert acceptances_at(root, main, "churn") == ()
    assert waiting(root, main, "churn")
    git(root, "update-ref", "refs/remotes/origin/main", "HEAD")
    main = main_line(root, "main")
    assert [entry.check for entry in acceptances_at(root, main, "churn")] == ["outside"]
    assert not waiting(root, main, "churn")


def test_what_cannot_be_read_accepts_nothing(root: Path, tmp_path: Path) -> None:
    accept(root, outside="otside")
    head = commit(root, "Slip")
    assert acceptances_at(root, head, "churn") == ()
    assert main_line(tmp_path, "main") is None
    assert acceptances_at(tmp_path, None, "churn") == ()


def test_a_slip_is_found_at_its_place(root: Path) -> None:
    accept(root, column="colunm")
    _, text = validate(root)
    assert f"{FILE}:3:5: unknown key `colunm`" in text


def test_what_holds_no_more_is_a_warning(root: Path) -> None:
    accept(root)
    gone = (date.today() - timedelta(days=1)).isoformat()
    accept(root, since=gone, until=gone)
    (found,) = [item for item in validate(root)[0] if item.rule == "accept-expired"]
    assert (found.severity, found.message) == ("warning", f"churn: `outside` of `age` was accepted until {gone}")
    today = date.today().isoformat()
    accept(root, since=today, until=today)
    assert not [item for item in validate(root)[0] if item.rule == "accept-expired"]


def test_nobody_accepts_in_a_pull_request_of_their_own(root: Path) -> None:
    today = date.today().isoformat()
    accept(root, since=today, until=today)
    (found,) = [item for item in validate(root, base="HEAD", author="Grace")[0] if "accept" in item.rule]
    assert (found.rule, found.message) == (
        "accept-own-approval",
        "`@grace` opened this pull request and cannot approve what it accepts",
    )
    assert not [item for item in validate(root, base="HEAD", author="alan")[0] if item.rule == "accept-own-approval"]
    commit(root, "Accept months")
    assert not [item for item in validate(root, base="HEAD", author="Grace")[0] if item.rule == "accept-own-approval"]


@pytest.mark.slow
def test_what_is_accepted_may_be_learnt_from_and_the_pull_request_says_so(root: Path) -> None:
    edit(root, "conf/data/churn.yaml", "path: data/churn.csv", "path: data/rows")
    rows = root / "pipelines/churn/data/rows"
    rows.mkdir()
    shutil.move(root / "pipelines/churn/data/churn.csv", rows / "churn.csv")
    retraining = "labels: labels.csv, retrain: {when: [drift], minimum_new_labels: 100}, drift:"
    edit(root, "conf/pipeline/churn.yaml", "every: day, drift:", f"every: day, {retraining}")
    labels = [f"{day}-{index}-0,2026-11-05T00:00:00Z,true\n" for day in range(4) for index in range(600)]
    (root / "labels.csv").write_text("prediction_id,time,left\n" + "".join(labels))
    arguments = ["monitor", "churn", "--until", "2026-11-06"]
    assert run(arguments) == 2
    refused = retrain(open_workspace(root, ("churn",)), "churn")
    assert refused.proposal is None
    assert refused.why.startswith("the feed is broken, and a model must not learn from it: ")
    accept(root)
    commit(root, "Accept months")
    assert run(arguments) == 2
    allowed = retrain(open_workspace(root, ("churn",)), "churn")
    assert allowed.proposal is not None, allowed.why
    assert "The form asks for months, not years, since November." in allowed.proposal.body
    assert "@grace" not in allowed.proposal.body, "nobody is called who answered already"


LEAK = """\
leak:
  columns: [age]
  reason: "It is asked for in the form, before the visit."
"""


def let(root: Path, until: str, approver: str = "@grace") -> None:
    """Accept a leak that ends; without a day, one that does not."""
    (root / "conf/accept").mkdir(exist_ok=True)
    since = (date.fromisoformat(until) - timedelta(days=30)).isoformat() if until else ""
    ends = f'  owner: "@ada"\n  approver: "{approver}"\n  since: "{since}"\n  until: "{until}"\n' if until else ""
    (root / FILE).write_text(LEAK + ends)


def test_a_leak_that_is_accepted_no_more_or_for_ever_is_a_warning(root: Path) -> None:
    told = []
    for until in ("2020-01-31", "", (date.today() + timedelta(days=9)).isoformat()):
        let(root, until)
        told.append([(item.severity, item.message) for item in validate(root)[0] if item.rule.startswith("accept-")])
    assert told == [
        [("warning", "churn: `leak` was accepted until 2020-01-31")],
        [("warning", "churn: `leak` is accepted for ever")],
        [],
    ]


def test_a_leak_is_approved_by_an_owner_of_the_policy_who_did_not_open_the_pull_request(root: Path) -> None:
    def told(author: str) -> dict[str, str]:
        found = validate(root, base="HEAD", author=author)[0]
        return {item.rule: item.message for item in found if item.rule.startswith("accept-")}

    let(root, "2099-01-31", "@zoe")
    assert told("Zoe") == {
        "accept-own-approval": "`@zoe` opened this pull request and cannot approve what it accepts",
        "accept-approver": "`@zoe` does not own the policy and cannot accept a leak",
    }
    commit(root, "Accept a leak")
    assert told("Zoe") == {}
