"""Every combination of overrides is checked before any runs, and what is wrong with any is said at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mlops.configuration.load import load_pipeline
from mlops.errors import ConfigurationError
from mlops.operations.trying.combinations import combinations
from tests.builders.repositories import make_repository
from tests.conftest import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose `churn` has the candidates `linear` and `mlp`, and a fleet of one more."""
    root = make_repository(tmp_path_factory.mktemp("trying") / "shop")
    (root / "conf/fleet").mkdir()
    (root / "conf/fleet/eu.yaml").write_text("template: pipeline/churn\nrows:\n  de: {model.mlp.lr: 0.5}\n")
    (root / "pipelines/eu-de/data").mkdir(parents=True)
    (root / "pipelines/eu-de/data/churn.csv").write_bytes((root / "pipelines/churn/data/churn.csv").read_bytes())
    return root


def refused(root: Path, *texts: str) -> str:
    before = sorted(path for path in root.rglob("*") if ".mlops" not in path.parts)
    with pytest.raises(ConfigurationError) as raised:
        combinations(root, "churn", texts)
    assert sorted(path for path in root.rglob("*") if ".mlops" not in path.parts) == before
    return raised.value.message


def test_the_last_key_varies_first(root: Path) -> None:
    asked = combinations(root, "churn", ["model.mlp.lr=0.001,0.01", "model.mlp.hidden=[64,64],[32]"])
    assert [each.values for each in asked.combinations] == [
        {"model.mlp.lr": lr, "model.mlp.hidden": hidden} for lr in (0.001, 0.01) for hidden in ([64, 64], [32])
    ]
    last = asked.combinations[-1].workspace.pipelines["churn"].value
    assert last["model"] == {"linear": {"kind": "linear"}, "mlp": {"kind": "mlp", "lr": 0.01, "hidden": [32]}}
    assert asked.now.pipelines["churn"].value["model"]["mlp"] == {"kind": "mlp"}


def test_it_is_what_the_file_would_say(root: Path) -> None:
    (made,) = combinations(root, "churn", ["model.mlp.lr=0.01", "seed=3"]).combinations
    path = root / "conf/pipeline/churn.yaml"
    text = path.read_text()
    try:
        path.write_text(f"{text}seed: 3\nmodel: {{mlp: {{lr: 0.01}}}}\n")
        (written,) = combinations(root, "churn", ["trainer.patience=8"]).now.pipelines.values()
    finally:
        path.write_text(text)
    assert made.workspace.pipelines["churn"].value == written.value


def test_a_group_chooses_files_and_its_keys_are_those_of_the_choice(root: Path) -> None:
    asked = combinations(root, "churn", ["model=mlp,[linear,mlp]", "model.mlp.lr=0.2"])
    found = [each.workspace.pipelines["churn"].value["model"] for each in asked.combinations]
    assert found == [
        {"mlp": {"kind": "mlp", "lr": 0.2}},
        {"linear": {"kind": "linear"}, "mlp": {"kind": "mlp", "lr": 0.2}},
    ]


def test_a_row_of_a_fleet_is_tried_over_its_own_keys(root: Path) -> None:
    (made,) = combinations(root, "eu-de", ["model.mlp.lr=0.25"]).combinations
    assert made.workspace.pipelines["eu-de"].value["model"]["mlp"]["lr"] == 0.25


def test_everything_wrong_is_said_at_once_as_validate_says_it(root: Path) -> None:
    texts = ["model.mlp.lrr=0.1", "modle.mlp.lr=2", "model.mpl.lr=0.1", "trainer.patience=abc,5", "model.mlp.lr=-1"]
    assert refused(root, *texts).splitlines() == [
        "command line:1:1: unknown key `lrr` [unknown-key]",
        "  1 | model.mlp.lrr=0.1",
        "    | ^^^^^^^^^^^^^",
        "  did you mean `lr`? also there: columns, dropout, embed, embedding, hidden, kind, level, weight_decay",
        "command line:2:1: unknown key `modle` [unknown-key]",
        "  2 | modle.mlp.lr=2",
        "    | ^^^^^^^^^^^^",
        "  did you mean `model`? also there: auto, budget, card, data, deploy, description, ensemble, evaluate, "
        "features, forecast, gates, monitor, objective, owners, package, preset, refit, requests, risk, seed, "
        "select_by, serve, stages, task, trainer, tune",
        "command line:3:7: there is no candidate `mpl` [override]",
        "  3 | model.mpl.lr=0.1",
        "    |       ^^^",
        "  did you mean `mlp`? also there: linear; `+model.mpl.lr` adds one",
        "command line:4:18: `patience: abc` is not a whole number [type]",
        "  4 | trainer.patience=abc,5",
        "    |                  ^^^^^",
        "  write a whole number",
        "command line:5:14: `lr: -1` is out of range [type]",
        "  5 | model.mlp.lr=-1",
        "    |              ^^",
        "  write a value greater than 0",
        "5 problems in 1 file",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model=mpl", r"unknown group option `model: mpl` \[unknown-option\].*did you mean `mlp`\?"),
        ("model.mlp.lr=${oc.env:HOME}", r"the resolver `\$\{oc.env:...\}` is not allowed \[code-in-yaml\]"),
        ("+model.own.kind=os:system", r"unknown kind `os:system` of model `own`"),
        ("data.source.path=../../secret.csv", r"`../../secret.csv` leaves its folder"),
        ("evaluate.learning_curve=true", r"`evaluate.learning_curve` has no say before the test rows.*edit the YAML"),
        ("gates=[]", r"no say before the test rows"),
        ("description=x", r"read by gate, package, mlops catalogue; edit the YAML, then mlops run churn"),
        ("seed=range(0,400)", None),
        ("mlp.lr=0.1", r"`mlp` is a candidate, and no key \[override\].*write `model.mlp.lr=...`"),
        ("hydra.run.dir=x", r"unknown key `hydra`"),
        ("defaults=[]", r"`defaults` is not a key that a command can set"),
    ],
)
def test_what_may_not_be_tried(root: Path, text: str, expected: str | None) -> None:
    if expected is None:
        said = refused(root, text, "model.mlp.lr=0.1,0.2")
        assert (
            said.splitlines()[0]
            == "command line:1:1: these are 800 combinations: at most 500 are tried at once [override]"
        )
        return
    assert re.search(expected, refused(root, text), re.DOTALL)


def test_the_page_shows_what_is_said(root: Path) -> None:
    page = (ROOT / "docs/howto/try.md").read_text()
    assert refused(root, "model.mlp.lrr=0.1").partition("\n\n")[0].rsplit("\n", 1)[0] in page


def test_a_name_that_was_added_is_a_candidate(root: Path) -> None:
    (made,) = combinations(root, "churn", ["+model.small={kind: mlp, hidden: [8]}"]).combinations
    assert set(made.workspace.pipelines["churn"].spec.model) == {"linear", "mlp", "small"}


def test_a_policy_holds_of_what_is_tried(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "strict")
    path = root / "conf/policy.yaml"
    path.write_text(f"{path.read_text()}\nkinds: [linear, mlp]\n")
    assert "random_forest" in refused(root, "model=random_forest")


def test_what_hydra_must_compose_is_tried_by_its_keys_and_not_by_groups(tmp_path: Path) -> None:
    """Hydra reads files, which do not say what nobody wrote yet: it would compose the old choice, and nobody knew."""
    root = make_repository(tmp_path / "unsure")
    path = root / "conf/pipeline/churn.yaml"
    path.write_text(path.read_text().replace("description: Who will leave?", r"description: 'a \\ ${task}'"))
    (made,) = combinations(root, "churn", ["model.mlp.lr=0.5"]).combinations
    found = made.workspace.pipelines["churn"].value
    assert (found["model"]["mlp"]["lr"], found["description"][-6:]) == (0.5, "binary")
    assert "Hydra alone can compose this, from files, and this change is in none" in refused(root, "model=mlp")


def test_nothing_of_it_is_kept_for_the_next(root: Path) -> None:
    asked = combinations(root, "churn", ["model=linear", "seed=5"])
    loaded, _ = load_pipeline(asked.now.configuration, "churn")
    assert loaded is not None
    assert (loaded.spec.seed, set(loaded.spec.model)) == (0, {"linear", "mlp"})
