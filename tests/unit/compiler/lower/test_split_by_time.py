"""A split by time takes its date from the features only where nobody asked for parts of dates."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops.operations.workspace import open_workspace
from tests.builders.repositories import edit, make_repository

PARTS = "\nfeatures: {datetime: {parts: [month, weekday]}}\n"


@pytest.mark.parametrize(
    ("split", "more", "dated"),
    [
        ("{by: time, key: day}", "", None),
        ("{by: time, key: day}", PARTS, "day"),
        ("{by: time, key: day}, keys: [day]", PARTS, None),
        ("{by: group, key: day}", PARTS, None),
    ],
)
def test_the_date_of_a_split_by_time(tmp_path: Path, split: str, more: str, dated: str | None) -> None:
    root = make_repository(tmp_path / "shop")
    pipeline = root / "conf/pipeline/churn.yaml"
    edit(root, "conf/pipeline/churn.yaml", "split: {by: stratified}", f"split: {split}")
    pipeline.write_text(pipeline.read_text() + more)
    (plan,) = open_workspace(root).plan.pipelines
    section = plan.stage("validate").section
    assert (section.get("dated"), section["keys"]) == (dated, ["day"])
