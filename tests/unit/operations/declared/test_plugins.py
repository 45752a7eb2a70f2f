"""Kinds of other distributions: known without an import, counted where the policy names who brings them."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from mlops.cli.main import run
from mlops.errors import ConfigurationError
from mlops.kinds.plugins import brought
from mlops.models import MODELS
from mlops.operations.compiling.compile import compile_files
from mlops.operations.validate import validate
from mlops.operations.workspace import open_workspace
from tests.builders.plugins import install, record, seen
from tests.builders.repositories import commit, edit, make_repository

pytestmark = pytest.mark.slow

PIPELINE = "conf/pipeline/churn.yaml"
NAMED = 'plugins: {acme-mlops: ">=1,<2"}'
INFO = "acme_mlops-1.2.0.dist-info"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "site"


@pytest.fixture
def root(tmp_path: Path, site: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a candidate of a kind that another distribution brings."""
    root = make_repository(tmp_path / "shop")
    install(site)
    seen(site, monkeypatch)
    path = root / PIPELINE
    path.write_text(f"{path.read_text()}model: {{wild: {{kind: acme_extra_trees, trees: 20}}}}\n")
    return root


def policy(root: Path, text: str = NAMED) -> None:
    (root / "conf/policy.yaml").write_text(f'owners: ["@platform"]\n{text}\n')


def findings(root: Path, base: str | None = None) -> list[tuple[str, str]]:
    return [(found.message, found.hint) for found in validate(root, base=base)[0] if found.severity == "error"]


def train(root: Path) -> dict[str, dict[str, object]]:
    compile_files(open_workspace(root))
    section: dict[str, dict[str, object]] = yaml.safe_load((root / "pipelines/churn/params.yaml").read_text())
    return section


def test_a_kind_counts_where_the_policy_names_who_brings_it(root: Path) -> None:
    assert findings(root) == [
        (
            "`acme_extra_trees` is a kind of acme-mlops 1.2.0, which conf/policy.yaml does not name",
            'write `plugins: {acme-mlops: "==1.2.0"}` there, or choose another kind',
        )
    ]
    policy(root)
    assert findings(root) == []


def test_nothing_of_it_is_imported_to_compile_and_its_release_is_part_of_the_stage(
    root: Path, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "acme_mlops"]:
        monkeypatch.delitem(sys.modules, name)  # of a test before, which ran its code
    policy(root)
    before = train(root)
    assert before["train"]["candidates"]["wild"] == {"kind": "acme_extra_trees", "trees": 20, "min_leaf": 10}  # type: ignore[index]
    assert before["train"]["libraries"]["acme-mlops"] == "1.2.0"  # type: ignore[index]
    assert not [name for name in sys.modules if name.partition(".")[0] == "acme_mlops"]
    assert "acme-mlops" not in before["ingest"]["libraries"]  # type: ignore[operator]


def test_other_bytes_of_it_make_stale_what_uses_it(root: Path, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy(root)
    before = train(root)
    (site / "acme_mlops/extra_trees.py").write_text("def candidate(problem, parameters): ...\n")
    record(site, site / INFO)
    seen(site, monkeypatch)
    after = train(root)
    assert [stage for stage in before if before[stage] != after[stage]] == ["train", "package"]


def test_a_compile_with_nothing_else_to_do_looks_at_what_is_installed(
    root: Path, site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    policy(root)
    monkeypatch.chdir(root)
    assert run(["compile"]) == 0
    (site / "acme_mlops/extra_trees.py").write_text("def candidate(problem, parameters): ...\n")
    record(site, site / INFO)
    seen(site, monkeypatch)
    capsys.readouterr()
    assert run(["compile"]) == 0
    assert capsys.readouterr().out.splitlines() == ["pipelines/churn/params.yaml"]


def test_a_release_that_the_policy_does_not_allow(root: Path) -> None:
    policy(root, 'plugins: {acme-mlops: ">=2"}')
    assert findings(root) == [
        (
            "`acme_extra_trees` is a kind of acme-mlops 1.2.0, and conf/policy.yaml allows >=2",
            'pip install "acme-mlops>=2"',
        )
    ]


def test_a_folder_that_people_edit_is_no_release(
    tmp_path: Path, root: Path, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy(root)
    (site / INFO / "direct_url.json").write_text('{"url": "file:///acme", "dir_info": {"editable": true}}')
    seen(site, monkeypatch)
    assert findings(root) == [
        (
            "`acme_extra_trees` is a kind of acme-mlops 1.2.0, which is installed from a folder that people edit",
            "install it from a wheel: what no digest names would make no stage stale",
        )
    ]


def test_a_plug_in_that_is_gone_is_named_with_what_to_type(
    root: Path, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy(root)
    shutil.rmtree(site / INFO)
    seen(site, monkeypatch)
    with pytest.raises(ConfigurationError) as error:
        open_workspace(root)
    assert error.value.exit_code == 4
    assert [(found.message, found.hint) for found in error.value.diagnostics] == [
        (
            "unknown kind `acme_extra_trees` of model `wild`",
            'conf/policy.yaml names a plug-in that is not installed: pip install "acme-mlops>=1,<2"',
        )
    ]


def test_the_policy_of_the_base_says_what_counts(root: Path) -> None:
    policy(root, "")
    base = commit(root)
    policy(root)
    assert [message for message, _ in findings(root, base)] == [
        "`acme_extra_trees` is a kind of acme-mlops 1.2.0, which conf/policy.yaml does not name"
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("trees: many", "`trees: many` is not a whole number"),
        ("trees: 0", "`trees: 0` is out of range"),
        ("forest: 3", "unknown key `forest`"),
    ],
)
def test_what_it_may_be_asked_is_checked_at_its_place(root: Path, given: str, said: str) -> None:
    policy(root)
    path = root / PIPELINE
    path.write_text(path.read_text().replace("trees: 20", given))
    found = validate(root)[0]
    assert [each.message for each in found] == [said]
    assert (found[0].position.file, found[0].position.line) == (PIPELINE, len(path.read_text().splitlines()))


def test_what_may_stop_on_validation_rows_is_not_taught_them(root: Path) -> None:
    policy(root)
    edit(root, PIPELINE, "risk: limited\n", "risk: limited\nrefit: true\n")
    assert findings(root) == [
        (
            "`refit` teaches validation rows, on which `acme_extra_trees` of acme-mlops may stop training",
            "remove `refit`, or choose another kind",
        )
    ]


def test_its_metrics_sources_and_rules_are_known_too(root: Path) -> None:
    policy(root)
    edit(root, PIPELINE, "{target: left", "{source: {kind: acme_jsonl}, target: left")
    assert findings(root) == []
    edit(root, PIPELINE, "gates:\n", "gates:\n  - {data: acme_columns_without_values, at_most: 0}\n")
    assert findings(root) == []
    policy(root, "")
    assert sorted(message.partition(",")[0] for message, _ in findings(root)) == [
        "`acme_columns_without_values` is a kind of acme-mlops 1.2.0",
        "`acme_extra_trees` is a kind of acme-mlops 1.2.0",
        "`acme_jsonl` is a kind of acme-mlops 1.2.0",
    ]
    policy(root)
    edit(root, PIPELINE, "metric: auroc", "metric: acme_max_error")
    assert findings(root)[0][0] == "`acme_max_error` is no metric of a binary task"


def test_a_kind_of_this_program_cannot_be_replaced(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(site)
    entries = site / INFO / "entry_points.txt"
    entries.write_text("[mlops.models]\nlinear = acme_mlops.extra_trees:candidate\n")
    seen(site, monkeypatch)
    assert MODELS["linear"].module == "mlops.models.linear"


def test_two_that_bring_one_name_are_refused(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(site)
    install(site, name="beta-mlops")
    seen(site, monkeypatch)
    with pytest.raises(ConfigurationError) as error:
        MODELS.get("acme_extra_trees")
    assert (str(error.value), error.value.hint) == (
        "acme-mlops and beta-mlops both bring `acme_extra_trees`, one of mlops.models",
        "uninstall one of them",
    )


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (lambda kinds: "{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        (lambda kinds: "[" * 100_000, "maximum recursion depth exceeded"),
        (lambda kinds: " " * (1 << 21), "mlops-kinds.json has more than 1,048,576 bytes"),
        (lambda kinds: kinds.update(schema_version=2), "mlops-kinds.json: `schema_version`: Input should be 1"),
        (lambda kinds: kinds.update(models={}), "mlops-kinds.json does not say what it is"),
        (
            lambda kinds: kinds["models"]["acme_extra_trees"].update(code="import os"),
            "mlops-kinds.json: `models.acme_extra_trees.code`: Extra inputs are not permitted",
        ),
        (
            lambda kinds: kinds["models"]["acme_extra_trees"]["schema"]["properties"]["trees"].update(pattern="x"),
            "the schema of `acme_extra_trees.trees` says `pattern`, which is not understood",
        ),
        (
            lambda kinds: kinds["models"]["acme_extra_trees"]["schema"]["properties"]["trees"].pop("default"),
            "`trees` of `acme_extra_trees` is neither required nor has a default",
        ),
    ],
    ids=["broken", "nested", "large", "version", "absent", "key", "pattern", "default"],
)
def test_a_declaration_that_is_not_understood_is_refused(
    broken: object, why: str, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = install(site)
    kinds = json.loads(path.read_text())
    text = broken(kinds)  # type: ignore[operator]
    path.write_text(text if isinstance(text, str) and not text.isalnum() else json.dumps(kinds))
    seen(site, monkeypatch)
    with pytest.raises(ConfigurationError) as error:
        MODELS.get("acme_extra_trees")
    assert str(error.value).startswith(f"acme-mlops 1.2.0 declares `acme_extra_trees` in no usable way: {why}")
    assert error.value.hint == "ask who publishes acme-mlops, or uninstall it"


@pytest.mark.parametrize("name", ["pipelines.churn.x:Y", "", "../acme", "Acme"])
def test_only_a_plain_name_is_looked_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlops.kinds.plugins._entries", lambda _: pytest.fail("it was looked for"))
    assert brought(name, "models") is None
