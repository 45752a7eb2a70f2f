from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from mlops.bundle.contents import Contents
from mlops.release.entry import Origin, read_entry
from tests.builders.bundles import make_bundle

pytestmark = pytest.mark.slow


def test_an_entry_holds_the_candidates_metrics_with_their_intervals(tmp_path: Path) -> None:
    contents = Contents.read(make_bundle(tmp_path / "tiny"))
    auroc = {"value": 0.75, "low": 0.7, "high": None}
    report = {"models": {"candidate": {"auroc": auroc, "rmse": {"value": None}}, "dummy": {"auroc": {"value": 0.5}}}}
    files = {**contents.files, "metrics.json": json.dumps(report).encode()}
    entry = read_entry(dataclasses.replace(contents, files=files), Origin("c" * 40), (("mlp/loss", 0.5, 3),))
    assert entry.metrics == (("auroc", 0.75, 0), ("auroc_low", 0.7, 0), ("mlp/loss", 0.5, 3))
    assert entry.run_name == f"tiny-{contents.digest[7:19]}"


def test_a_dirty_working_tree_is_told(tmp_path: Path) -> None:
    contents = Contents.read(make_bundle(tmp_path / "tiny"))
    assert dict(read_entry(contents, Origin("c" * 40, dirty=True)).tags)["mlops.dirty"] == "true"
