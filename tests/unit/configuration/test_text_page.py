"""docs/howto/text.md: its YAML holds, each block beside what its pipeline has already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from mlops.configuration.load import load_pipeline
from mlops.configuration.reading.library import Configuration
from tests.builders.pages import beside, blocks
from tests.conftest import ROOT

FILES: dict[str, dict[str, Any]] = {
    "conf/project.yaml": {"name": "shop"},
    "conf/policy.yaml": {"owners": ["@shop"]},
    "conf/data/reviews.yaml": {
        "source": {"kind": "csv", "path": "data/reviews.csv"},
        "columns": {"review": {"type": "text"}},
        "target": "liked",
    },
    "conf/pipeline/reviews.yaml": {
        "defaults": [{"/data": "reviews"}, {"/features": "tabular"}, {"/model": ["linear"]}, "_self_"],
        "description": "Did they like it?",
        "owners": ["@shop"],
        "risk": "minimal",
        "task": "binary",
        "gates": [{"metric": "auroc", "at_least": 0.7}],
    },
}
BLOCKS = [block for block in blocks(ROOT / "docs/howto/text.md") if block.file]


@pytest.mark.parametrize("block", BLOCKS, ids=[str(block.number) for block in BLOCKS])
def test_what_the_page_writes_holds(block: Any, tmp_path: Path) -> None:
    texts = FILES | {block.file: beside(FILES[block.file], yaml.safe_load(block.content))}
    for name, told in texts.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(("# @package _global_\n" if "/pipeline/" in name else "") + yaml.safe_dump(told))
    (tmp_path / "pipelines/reviews/data").mkdir(parents=True)
    (tmp_path / "pipelines/reviews/data/reviews.csv").write_text("review,liked\n")
    loaded, problems = load_pipeline(Configuration(tmp_path), "reviews")
    assert problems == ()
    assert loaded is not None


def test_there_are_blocks() -> None:
    assert len(BLOCKS) >= 2
