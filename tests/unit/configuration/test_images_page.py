"""docs/howto/images.md: its YAML holds, each block beside what its pipeline has already."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlops.configuration.load import load_pipeline
from mlops.configuration.reading.library import Configuration
from tests.builders.pages import beside, blocks
from tests.conftest import ROOT

CARDS: dict[str, Any] = {
    "defaults": [{"/features": "tabular"}, {"/model": ["cnn"]}, {"/gates": "binary_classifier"}, "_self_"],
    "description": "Is this card real?",
    "owners": ["@vision"],
    "risk": "minimal",
    "task": "binary",
    "data": {
        "source": {"kind": "csv", "path": "data/cards.csv"},
        "images": {"photo": {"from": "photo_file", "shape": [3, 28, 28]}},
        "target": "real",
    },
    "model": {"cnn": {"image": "photo"}},
    "gates": [{"metric": "auroc", "at_least": 0.7}],
}
BLOCKS = [block for block in blocks(ROOT / "docs/howto/images.md") if block.file]


@pytest.mark.parametrize("block", BLOCKS, ids=[str(block.number) for block in BLOCKS])
def test_what_the_page_writes_holds(block: Any, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples/images", tmp_path, dirs_exist_ok=True)
    (tmp_path / "pipelines/cards/data/photos").mkdir(parents=True)
    (tmp_path / "pipelines/cards/data/cards.csv").write_text("photo_file,real\n")
    shapes = tmp_path / "conf/pipeline/shapes.yaml"
    (tmp_path / "conf/pipeline/cards.yaml").write_text("# @package _global_\n" + yaml.safe_dump(CARDS))
    path = tmp_path / block.file
    told = beside(yaml.safe_load(path.read_text()), yaml.safe_load(block.content))
    path.write_text("# @package _global_\n" + yaml.safe_dump(told))
    for name in (shapes.stem, "cards"):
        loaded, problems = load_pipeline(Configuration(tmp_path), name)
        assert problems == ()
        assert loaded is not None
