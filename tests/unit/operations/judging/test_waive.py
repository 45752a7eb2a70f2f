"""Waivers from the file to the verdict: written by a verb, approved by somebody else, gone when they expire."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from mlops.blocks.waiver import Waivers
from mlops.cli.main import run
from mlops.errors import ConfigurationError
from mlops.operations.judging.waive import draft, write
from mlops.operations.validate import validate
from mlops.operations.verdicts.gate import read_verdict
from mlops.operations.workspace import open_workspace
from tests.builders.quick_yaml import load
from tests.builders.repositories import commit, edit, make_repository

pytestmark = pytest.mark.slow

DAY = date(2026, 3, 10)
NAME = "visits"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repository(tmp_path)


def rule_ids(root: Path, name: str) -> list[str]:
    section = open_workspace(root).pipeline(name).stage("gate").section
    return [rule["id"] for rule in section["rules"]]


def waived(root: Path, **changes: object) -> Path:
    name = open_workspace(root).plan.pipelines[0].name
    given = {
        "reason": "the panel has too few rows until March",
        "owner": "@ada",
        "approver": "@grace",
        "days": 14,
        "today": DAY,
        "part": None,
        **changes,
    }
    write(root, draft(root, name, str(given.pop("rule", rule_ids(root, name)[0])), **given))  # type: ignore[arg-type]
    return root / f"conf/waiver/{name}.yaml"


def test_the_verb_writes_a_file_that_the_gate_reads(root: Path) -> None:
    path = waived(root)
    name = path.stem
    section = open_workspace(root).pipeline(name).stage("gate").section
    assert section["waivers"][0]["expires"] == "2026-03-24"
    first = path.read_text()
    assert first.startswith("# Rules of `")
    waived(root, rule=rule_ids(root, name)[1])
    assert path.read_text().startswith(first.rstrip("\n"))
    assert len(open_workspace(root).pipeline(name).stage("gate").section["waivers"]) == 2


def test_without_a_waiver_nothing_about_waivers_is_compiled(root: Path) -> None:
    assert all("waivers" not in pipeline.stage("gate").section for pipeline in open_workspace(root).plan.pipelines)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"owner": "ada", "reason": "x"},
            "this waiver cannot be: `reason: x`: string should have at least 10 characters; "
            "`owner: ada` is not well-formed: write an owner as `@name` or `@organisation/team`",
        ),
        ({"days": 31}, "this waiver cannot be: a waiver holds for 0 to 30 days, this one for 31"),
        (
            {"approver": "@Ada"},
            "this waiver cannot be: nobody approves a waiver of their own: `approver` is the `owner`",
        ),
    ],
)
def test_a_waiver_that_breaks_the_rules_of_waivers_is_not_written(
    root: Path, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        waived(root, **changes)
    assert raised.value.message == said
    assert not (root / "conf/waiver").exists()


def test_a_rule_that_is_not_there_is_named_at_its_place(root: Path) -> None:
    path = waived(root)
    text = path.read_text()
    line = next(number for number, line in enumerate(text.splitlines(), 1) if "rule:" in line)
    path.write_text(text.replace(rule_ids_of(text), "aurok"))
    found, shown = validate(root)
    assert [(d.rule, d.position.line) for d in found] == [("waiver", line)]
    assert "has no rule `aurok`" in shown


def rule_ids_of(text: str) -> str:
    return text.split("rule: ")[1].split("\n", 1)[0]


def test_nobody_approves_in_a_pull_request_of_their_own(root: Path) -> None:
    edit(root, "conf/policy.yaml", '["@platform"]', '["@platform", "@Grace"]')
    commit(root, "base")
    waived(root, today=date.today())
    found, _ = validate(root, base="HEAD", author="Grace")
    assert [(d.rule, d.severity) for d in found if "waiver" in d.rule] == [("waiver-own-approval", "error")]
    assert not [d for d in validate(root, base="HEAD", author="alan")[0] if "waiver" in d.rule]
    commit(root, "merged")
    assert not [d for d in validate(root, base="HEAD", author="Grace")[0] if "waiver" in d.rule]


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ('owners: ["@platform"]', True),
        ('owners: ["@GRACE"]', False),
        ('owners: ["@shop/risk"]', False),
        ('owners: ["@shop/risk"]\napprovals: {members: {"@shop/Risk": ["@ada"]}}', True),
        ('owners: ["@shop/risk"]\napprovals: {members: {"@shop/risk": ["@Grace"]}}', False),
    ],
)
def test_a_new_waiver_names_an_owner_of_the_policy_before(root: Path, policy: str, said: bool) -> None:
    (root / "conf/policy.yaml").write_text(f"{policy}\n")
    commit(root, "base")
    (root / "conf/policy.yaml").write_text('owners: ["@grace"]\n')
    waived(root, today=date.today())
    found = [d for d in validate(root, base="HEAD", author="alan")[0] if "waiver" in d.rule]
    assert [d.rule for d in found] == ["waiver-approver"] * said
    if found:
        assert found[0].message == "`@grace` does not own the policy and cannot approve a waiver"
    commit(root, "merged")
    assert not [d for d in validate(root, base="HEAD", author="alan")[0] if "waiver" in d.rule]


def test_an_expired_waiver_is_a_warning_and_its_rule_counts_again(root: Path) -> None:
    path = waived(root, today=date(2020, 1, 1))
    assert [(d.rule, d.severity) for d in validate(root)[0] if "waiver" in d.rule] == [("waiver-expired", "warning")]
    name = path.stem
    entry = open_workspace(root).pipeline(name).stage("gate").section["waivers"][0]
    record = {
        "id": entry["rule"],
        "metric": "auroc",
        "slice": None,
        "verdict": "fail",
        "applicable": True,
        "mode": "block",
    }
    passed = {**record, "id": "other", "verdict": "pass", "sentence": "fine"}
    rules = [{**record, "sentence": "it is bad", "waived": entry}, passed]
    report = root / "pipelines" / name / "reports" / "gate.json"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(json.dumps({"verdict": "pass", "rules": rules, "champion": None}))
    assert read_verdict(root, name, date(2020, 1, 10)).verdict == "pass"
    assert read_verdict(root, name, date(2020, 2, 10)).verdict == "fail"
    assert read_verdict(root, name).verdict == "fail"


def test_the_command_line_says_what_to_do_next(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(root)
    name = open_workspace(root).plan.pipelines[0].name
    rule = rule_ids(root, name)[0]
    who = ["--owner", "@ada", "--approver", "@grace", "--reason", "too few rows until March"]
    assert run(["waive", name, rule, *who]) == 0
    shown = capsys.readouterr()
    assert shown.out == f"conf/waiver/{name}.yaml\n"
    assert "once @grace has approved the pull request\nthen: mlops compile\n" in shown.err
    assert run(["waive", name, "nosuch", *who]) == 4
    assert run(["waive", name, rule, *who, "--days", "99999999999"]) == 4


@pytest.mark.parametrize(("rule", "days"), [("release.after", 7), ("auroc-at-least", 14)])
def test_without_days_a_waiver_holds_as_long_as_is_usual_for_its_rule(
    root: Path, monkeypatch: pytest.MonkeyPatch, rule: str, days: int
) -> None:
    monkeypatch.chdir(root)
    name = open_workspace(root).plan.pipelines[0].name
    known = rule if rule == "release.after" else rule_ids(root, name)[0]
    asked = ["--reason", "staging is down for the weekend", "--owner", "@ada", "--approver", "@grace"]
    assert run(["waive", name, known, *asked]) == 0
    (waiver,) = Waivers.model_validate(load((root / f"conf/waiver/{name}.yaml").read_text())).waivers
    assert (date.fromisoformat(waiver.expires) - date.fromisoformat(waiver.granted)).days == days
    assert validate(root)[0] == ()
    section = open_workspace(root).pipeline(name).stage("gate").section
    assert ("waivers" in section) == (rule != "release.after"), "the order of environments is no rule of a gate"


def test_validate_records_who_approved_for_a_gate_that_holds_no_token(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commit(root, "base")
    path = waived(root, today=date.today())
    commit(root, "merged")
    monkeypatch.chdir(root)
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    assert run(["validate", "--record-reviews", "reviews.json"]) == 0
    rule = Waivers.model_validate(load(path.read_text())).waivers[0].rule
    assert f"{path.stem}: the waiver of `{rule}`: approval: not looked at: set GITHUB_TOKEN" in capsys.readouterr().err
    assert json.loads((root / "reviews.json").read_text()) == {"schema_version": 1, "answers": {}}
