from __future__ import annotations

from pathlib import Path

import pytest

from mlops.compiler.rules.entity_split import check
from mlops.operations.validate import validate
from mlops.operations.workspace import open_workspace
from tests.builders.repositories import edit, make_repository


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_repository(tmp_path)
    edit(root, "conf/data/churn.yaml", "columns:", "entity: account\ncolumns:")
    edit(root, "pipelines/churn/data/churn.csv", "age,", "account,age,")
    return root


def test_a_split_that_ignores_the_entity_is_found_at_its_place(root: Path) -> None:
    _, text = validate(root)
    assert text == (
        "conf/pipeline/churn.yaml:13:29: warning: rows of one `account` may fall into several parts: "
        "the split goes by stratified [entity-split]\n"
        " 13 | data: {target: left, split: {by: stratified}}\n"
        "    |                             ^\n"
        "  split by group: `split: {by: group, key: account}`\n"
        "1 problem in 1 file"
    )


def test_a_split_by_the_entity_is_fine(root: Path) -> None:
    edit(root, "conf/pipeline/churn.yaml", "{by: stratified}", "{by: group, key: account}")
    assert list(check(open_workspace(root).pipeline("churn"))) == []
