from __future__ import annotations

from pathlib import Path

import pytest

from mlops.errors import ConfigurationError
from mlops.operations.language.explain import Setting, explain
from mlops.operations.workspace import open_workspace
from tests.builders.repositories import edit, make_repository


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_repository(tmp_path)
    edit(root, "conf/pipeline/churn.yaml", "task:", "model: {mlp: {lr: 0.01}}\nseed: 3\ntask:")
    (root / "conf" / "model").mkdir()
    (root / "conf" / "model" / "mlp.yaml").write_text("# @package model.mlp\nkind: mlp\nlr: 0.001\n")
    return root


def test_a_key_tells_who_set_it_and_what_that_replaced(root: Path) -> None:
    found = explain(open_workspace(root), "churn", "model.mlp.lr")
    assert found.value == 0.01
    assert found.settings == (
        Setting(0.001, "conf/model/mlp.yaml:3:5"),
        Setting(0.01, "conf/pipeline/churn.yaml:12:19"),
    )
    assert found.readers == ("train",)


@pytest.mark.parametrize(
    ("key", "readers"),
    [
        ("seed", ("features", "train")),
        ("data.source.path", ("ingest", "gate")),
        ("data.split.by", ("validate", "split", "evaluate", "gate")),
        ("data.target", ("validate", "split", "features", "evaluate", "gate")),
        ("data.columns.age.between", ("validate",)),
        ("data.columns.age", ("validate", "features", "evaluate", "gate")),
        ("features.numeric", ("features",)),
        ("gates", ("validate", "evaluate", "gate")),
        ("description", ("gate", "package", "mlops catalogue")),
    ],
)
def test_a_key_tells_who_reads_it(root: Path, key: str, readers: tuple[str, ...]) -> None:
    assert explain(open_workspace(root), "churn", key).readers == readers


def test_a_default_has_no_place(root: Path) -> None:
    assert explain(open_workspace(root), "churn", "trainer.batch_size").settings == (Setting(256, ""),)


def test_what_nobody_asks_for_has_a_default_too(root: Path) -> None:
    assert explain(open_workspace(root), "churn", "model.mlp.embedding").settings == (Setting(32, ""),)


def test_an_unknown_key_is_refused_with_the_nearest(root: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        explain(open_workspace(root), "churn", "model.mlp.learning_rate")
    assert caught.value.message == "there is no key `learning_rate` in model.mlp"
    others = "columns, dropout, embed, embedding, hidden, kind, level, weight_decay"
    assert caught.value.hint == f"did you mean `lr`? also there: {others}"
