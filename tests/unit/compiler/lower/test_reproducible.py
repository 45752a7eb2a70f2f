from __future__ import annotations

from pathlib import Path

import pytest

from mlops.errors import ConfigurationError
from mlops.operations.planning.plan import plan
from mlops.operations.workspace import open_workspace
from mlops.present.terminal.plan import text
from tests.builders.repositories import edit, make_repository, record

PIPELINE = "conf/pipeline/churn.yaml"
SENTENCE = "of this kind of processor: a run elsewhere is held to the verdict, not to the digest"


def _trained(root: Path) -> str:
    found: str = open_workspace(root).plan.pipelines[0].stage("train").section["trainer"]["reproducible"]
    return found


def _written(tmp_path: Path, trainer: str, model: str = "") -> Path:
    root = make_repository(tmp_path)
    path = root / PIPELINE
    path.write_text(f"{path.read_text()}trainer: {trainer}\n{model}")
    return root


@pytest.mark.parametrize(
    ("trainer", "where"),
    [
        ("{}", "anywhere"),
        ("{accelerator: gpu}", "processor"),
        ("{accelerator: auto}", "processor"),
        ("{precision: bf16-mixed}", "processor"),
        ("{reproducible: processor}", "processor"),
        ("{reproducible: anywhere}", "anywhere"),
    ],
)
def test_what_is_promised_follows_from_the_trainer(tmp_path: Path, trainer: str, where: str) -> None:
    assert _trained(_written(tmp_path, trainer)) == where


@pytest.mark.parametrize(("trainer", "where"), [("{}", "processor"), ("{reproducible: anywhere}", "anywhere")])
def test_a_class_of_the_users_own_promises_only_what_the_user_says(tmp_path: Path, trainer: str, where: str) -> None:
    root = _written(tmp_path, trainer, "model: {own: {kind: pipelines.churn.wide:Wide}}\n")
    (root / "pipelines" / "churn").mkdir(parents=True, exist_ok=True)
    (root / "pipelines" / "churn" / "wide.py").write_text("class Wide: ...\n")
    assert _trained(root) == where


def test_a_gpu_cannot_promise_the_bits_of_every_processor(tmp_path: Path) -> None:
    root = _written(tmp_path, "{reproducible: anywhere, accelerator: gpu}")
    with pytest.raises(ConfigurationError) as error:
        open_workspace(root)
    assert "`reproducible: anywhere` needs `accelerator: cpu` and `precision: 32-true`" in error.value.message


def test_a_plan_says_where_the_same_bits_are_not_to_be_had(tmp_path: Path) -> None:
    root = make_repository(tmp_path)
    record(root)
    edit(root, PIPELINE, "task: binary", "seed: 3\ntask: binary")
    assert SENTENCE not in text(plan(open_workspace(root)))
    edit(root, PIPELINE, "seed: 3", "trainer: {reproducible: processor}")
    assert f"\n  {'bits':<20}  {SENTENCE}\n" in text(plan(open_workspace(root)))


def test_code_that_a_kind_calls_promises_as_little_and_makes_training_stale(tmp_path: Path) -> None:
    root = _written(tmp_path, "{}", "model: {own: {kind: keras, use: 'pipelines.churn.wide:build'}}\n")
    (root / "pipelines/churn/wide.py").write_text("def build(): ...\n")
    stage = open_workspace(root).plan.pipelines[0].stage("train")
    assert stage.section["trainer"]["reproducible"] == "processor"
    assert "wide.py" in stage.inputs
