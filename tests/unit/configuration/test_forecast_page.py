"""docs/howto/forecast.md: its YAML holds."""

from __future__ import annotations

from pathlib import Path

import yaml

from mlops.configuration.load import load_pipeline
from mlops.configuration.reading.library import Configuration
from tests.builders.pages import blocks
from tests.conftest import ROOT

HEAD = """\
# @package _global_
defaults: [{/features: tabular}, _self_]
description: How much is sold?
owners: ["@supply"]
risk: minimal
"""


def test_what_the_page_writes_holds(tmp_path: Path) -> None:
    (block,) = [each for each in blocks(ROOT / "docs/howto/forecast.md") if each.file]
    for path, text in (("conf/project.yaml", "name: shop\n"), ("conf/policy.yaml", 'owners: ["@supply"]\n')):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / block.file).parent.mkdir()
    (tmp_path / block.file).write_text(HEAD + block.content)
    (tmp_path / "pipelines/sales/data").mkdir(parents=True)
    (tmp_path / "pipelines/sales/data/sales.csv").write_text("day,sold,shop,holiday,temperature\n")
    loaded, problems = load_pipeline(Configuration(tmp_path), Path(block.file).stem)
    assert problems == ()
    assert loaded is not None
    assert loaded.spec.forecast is not None
    assert loaded.spec.forecast.horizons == tuple(range(1, 15))
    assert set(yaml.safe_load(block.content)["model"]) == set(loaded.spec.model)
