from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from mlops.configuration.policy import Policy, RiskTier
from mlops.errors import ConfigurationError
from mlops.operations.language.explain import explain
from mlops.operations.validate import validate
from mlops.operations.workspace import open_workspace
from tests.builders.repositories import commit, edit, make_repository

POLICY = "conf/policy.yaml"
PIPELINE = "conf/pipeline/churn.yaml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repository(tmp_path)


def policy(root: Path, text: str) -> None:
    (root / POLICY).write_text(f'owners: ["@platform"]\n{text}\n')


def messages(root: Path, base: str | None = None) -> list[str]:
    return [found.message for found in validate(root, base=base)[0] if "policy" in found.rule]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("risk: {limited: {owners: 2}}", "a pipeline of limited risk needs 2 owners, this one names 1"),
        (
            "risk: {limited: {sliced_gate: true}}",
            "a pipeline of limited risk needs a blocking gate by a sensitive column",
        ),
        (
            "risk: {limited: {champion_gate: true}}",
            "a pipeline of limited risk needs a blocking gate against the live model",
        ),
        ("risk: {limited: {budget: true}}", "a pipeline of limited risk needs a budget"),
        ("risk: {limited: {card: true}}", "a pipeline of limited risk needs a whole model card"),
        ("runners: [self-hosted]", "the runner `ubuntu-24.04` is not allowed"),
        ("sources: [parquet]", "the source kind `csv` is not allowed"),
        ("kinds: [linear]", "the kind `mlp` is not allowed"),
    ],
)
def test_what_the_policy_asks_for_is_asked_for(root: Path, text: str, said: str) -> None:
    assert messages(root) == []
    policy(root, text)
    assert messages(root) == [said]


TEAM = """\
teams: {"ch*": ["@a", "@b"], "*": ["@c"], "churn": ["@growth", "@data"], "fraud-*": ["@f"]}
risk: {limited: {owners: 2}}"""


def test_the_owners_of_a_team_count_and_patterns_that_give_none_are_warned_of(root: Path) -> None:
    policy(root, TEAM)
    assert messages(root) == ["a pipeline of limited risk needs 2 owners, this one names 1"]
    edit(root, PIPELINE, 'owners: ["@growth"]\n', "")
    found, text = validate(root)
    assert [(each.rule, each.severity, each.message, each.hint) for each in found] == [
        (
            "unused-team",
            "warning",
            f"the team pattern `{pattern}` is never the last that matches: a later one takes each of its pipelines",
            "order patterns from the general to the special: the last match holds",
        )
        for pattern in ("ch*", "*")
    ] + [
        ("unused-team", "warning", "the team pattern `fraud-*` matches no pipeline", "remove or correct it"),
    ]
    assert f"{POLICY}:2:9: warning: the team pattern `ch*`" in text
    plan = open_workspace(root).pipeline("churn")
    assert plan.owners == ("@growth", "@data")
    assert plan.stage("package").section["owners"] == ["@growth", "@data"]
    explained = explain(open_workspace(root), "churn", "owners")
    assert explained.value == ["@growth", "@data"]
    assert [setting.where for setting in explained.settings] == [f"{POLICY}:2:52"]


def test_a_team_that_a_change_brings_counts_under_the_policy_before_it(root: Path) -> None:
    policy(root, "risk: {limited: {owners: 1}}")
    commit(root)
    policy(root, 'teams: {"*": ["@data"]}\nrisk: {limited: {owners: 1}}')
    edit(root, PIPELINE, 'owners: ["@growth"]\n', "")
    assert messages(root, "HEAD") == []


def test_without_owners_and_without_a_team_it_is_nobodys(root: Path) -> None:
    policy(root, 'teams: {"fraud-*": ["@f"]}')
    edit(root, PIPELINE, 'owners: ["@growth"]\n', "")
    (found,) = validate(root)[0]
    assert (found.rule, found.severity, found.message, found.hint) == (
        "missing-key",
        "error",
        "missing key `owners`",
        'write `owners: ["@somebody"]`, or a pattern that matches `churn` under `teams:` of conf/policy.yaml',
    )


@pytest.mark.parametrize("pattern", ["Risk", "a/b", "-a", "a b", "[a]", "a?", "!a", "#a", ""])
def test_what_is_no_pattern_of_names_is_refused(root: Path, pattern: str) -> None:
    policy(root, f'teams: {{"{pattern}": ["@f"]}}')
    assert "type" in {found.rule for found in validate(root)[0]}


def test_an_environments_machines_are_held_to_the_policy_too(root: Path) -> None:
    policy(root, "runners: [ubuntu-*]")
    with (root / "conf" / "project.yaml").open("a") as project:
        project.write("environments: {prod: {runner: [self-hosted, ubuntu-24.04]}}\n")
    assert messages(root) == ["the runner `self-hosted` is not allowed"]


@pytest.mark.parametrize(
    "text", ["runners: [ubuntu-*]", "sources: [csv]", 'kinds: ["*"]', "risk: {high: {owners: 9, budget: true}}"]
)
def test_what_the_policy_allows_is_allowed(root: Path, text: str) -> None:
    policy(root, text)
    assert messages(root) == []


def test_a_package_and_an_own_class_are_held_to_their_lists(root: Path) -> None:
    (root / "pipelines/churn/net.py").write_text("class Net: ...\n")
    edit(root, PIPELINE, "task: binary", "task: binary\nmodel: {own: {kind: pipelines.churn.net:Net}}")
    policy(root, "kinds: [linear, mlp]\nrisk: {limited: {own_classes: false}}")
    assert sorted(messages(root)) == [
        "a pipeline of limited risk may not use a class of its own",
        "the kind `pipelines.churn.net:Net` is not allowed",
    ]
    policy(root, 'kinds: [linear, mlp, "pipelines.churn.*"]')
    assert messages(root) == []
    (root / "conf/data/churn.yaml").write_text(
        f"source: {{kind: csv, path: a.csv, package: sklearn, sha256: 'sha256:{'0' * 64}'}}\n"
    )
    policy(root, "packages: [statsmodels]")
    assert messages(root) == ["data of the package `sklearn` is not allowed"]


def test_a_metric_of_ones_own_is_held_to_the_policy_too(root: Path) -> None:
    (root / "pipelines/churn/rules.py").write_text("def cost(): ...\n")
    own = "  - {metric: pipelines.churn.rules:cost, better: lower, at_most: 9}"
    edit(root, PIPELINE, "  - metric: auroc", f"{own}\n  - metric: auroc")
    assert messages(root) == []
    policy(root, "kinds: [linear, mlp]\nrisk: {limited: {own_classes: false}}")
    assert sorted(messages(root)) == [
        "a pipeline of limited risk may not use a metric of its own",
        "the metric `pipelines.churn.rules:cost` is not allowed",
    ]


def test_what_a_kind_calls_of_ones_own_is_held_to_the_policy_too(root: Path) -> None:
    (root / "pipelines/churn/net.py").write_text("def build(): ...\n")
    edit(root, PIPELINE, "task: binary", "task: binary\nmodel: {own: {kind: keras, use: 'pipelines.churn.net:build'}}")
    assert messages(root) == []
    policy(root, "kinds: [linear, mlp, keras]\nrisk: {limited: {own_classes: false}}")
    assert sorted(messages(root)) == [
        "`pipelines.churn.net:build` is not allowed",
        "a pipeline of limited risk may not use a class of its own",
    ]
    policy(root, 'kinds: [linear, mlp, "pipelines.churn.*"]')
    assert messages(root) == ["the kind `keras` is not allowed"]
    policy(root, 'kinds: [linear, mlp, keras, "pipelines.churn.*"]')
    assert messages(root) == []


def test_a_stage_of_ones_own_is_held_to_the_policy_too(root: Path) -> None:
    (root / "pipelines/churn/enrich.py").write_text("def run(): ...\n")
    edit(root, PIPELINE, "task: binary", "task: binary\nstages: {enrich: {use: 'pipelines.churn.enrich:run'}}")
    assert messages(root) == []
    policy(root, "own_stages: forbid")
    assert messages(root) == ["stages of own code are not allowed"]
    policy(root, "risk: {limited: {own_classes: false}}")
    assert messages(root) == ["a pipeline of limited risk may not have a stage of its own code"]
    policy(root, "kinds: [linear, mlp]")
    assert messages(root) == ["the stage `pipelines.churn.enrich:run` is not allowed"]


def test_what_is_made_of_a_personal_column_may_be_kept_from_a_tier(root: Path) -> None:
    edit(
        root,
        "conf/data/churn.yaml",
        "columns:",
        "derive: {decade: {from: year, rule: log1p}, year: {from: born, rule: year}}\n"
        "columns:\n  born: {type: date, personal: true, optional: true}",
    )
    assert messages(root) == []
    policy(root, "risk: {limited: {derive_personal: false}}")
    assert sorted(messages(root)) == [
        "a pipeline of limited risk may not learn from `decade`, made of a personal column",
        "a pipeline of limited risk may not learn from `year`, made of a personal column",
    ]


def test_a_warning_is_no_gate_by_a_sensitive_column(root: Path) -> None:
    policy(root, "risk: {limited: {sliced_gate: true}}")
    edit(root, "conf/data/churn.yaml", "in: [free, paid]", "in: [free, paid], sensitive: true")
    edit(
        root,
        PIPELINE,
        "  - metric: auroc",
        "  - {metric: auroc, by: plan, at_least: 0.5, mode: warn}\n  - metric: auroc",
    )
    assert len(messages(root)) == 1
    edit(root, PIPELINE, ", mode: warn", "")
    assert messages(root) == []


def test_a_policy_softened_by_the_change_still_holds(root: Path) -> None:
    policy(root, "risk: {limited: {owners: 1, champion_gate: false}}\nsources: [csv]")
    commit(root)
    policy(root, "risk: {limited: {owners: 1}}")
    assert messages(root, "HEAD") == []
    policy(root, "sources: [parquet]")
    commit(root)
    policy(root, "")
    assert messages(root) == []
    assert messages(root, "HEAD") == ["the source kind `csv` is not allowed"]
    found, _ = validate(root, base="HEAD")
    assert "conf/policy.yaml of " in found[0].hint
    assert ", which this change is judged by, asks for it" in found[0].hint


def test_a_policy_of_the_base_that_cannot_be_read_is_no_permission(root: Path) -> None:
    policy(root, "sourcess: [csv]")
    commit(root)
    policy(root, "")
    with pytest.raises(ConfigurationError, match="unknown key `sourcess`"):
        validate(root, base="HEAD")


def test_before_there_was_a_policy_only_the_new_one_holds(root: Path) -> None:
    (root / POLICY).rename(root / "policy")
    commit(root)
    (root / "policy").rename(root / POLICY)
    assert messages(root, "HEAD") == []


def test_the_example_in_the_architecture_page_holds_and_shows_every_key(repository: Path) -> None:
    page = (repository / "mlops" / "README.md").read_text()
    example = yaml.safe_load(page.split("```yaml\n# conf/policy.yaml\n")[1].split("```")[0])
    policy = Policy.model_validate(example)
    assert set(example) == set(Policy.model_fields)
    assert set(example["risk"]["high"]) == set(RiskTier.model_fields)
    assert policy.runners == ("ubuntu-24.04", "gpu-*")


def test_a_limit_on_latency_is_no_gate_against_a_worse_model(root: Path) -> None:
    policy(root, "risk: {limited: {champion_gate: true}}")
    text = (root / PIPELINE).read_text()
    gates = "gates:\n  - {metric: latency_p99, over_champion: {no_worse_than: 0.2}}\n"
    (root / PIPELINE).write_text(text.replace("gates:\n", gates))
    assert messages(root) == ["a pipeline of limited risk needs a blocking gate against the live model"]
