from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlops.bundle.contents import Contents
from mlops.bundle.papers import Papers
from mlops.release.entry import Entry, Origin, read_entry
from tests.builders.bundles import VERSION1, make_bundle
from tests.builders.papers import metrics_of, write_papers

pytestmark = pytest.mark.slow


def entry_of(folder: Path, origin: Origin, history: Any = (), **metrics: Any) -> Entry:
    contents = Contents.read(make_bundle(folder / "tiny"))
    papers = write_papers(folder / "reports", folder / "tiny", metrics=metrics_of(contents.digest, **metrics))
    return read_entry(contents, papers, origin, history)


def test_an_entry_holds_the_candidates_metrics_with_their_intervals(tmp_path: Path) -> None:
    auroc = {"value": 0.75, "low": 0.7, "high": None}
    models = {"candidate": {"auroc": auroc, "rmse": {"value": None}}, "dummy": {"auroc": {"value": 0.5}}}
    entry = entry_of(tmp_path, Origin("c" * 40), (("mlp/loss", 0.5, 3),), models=models)
    assert entry.metrics == (("auroc", 0.75, 0), ("auroc_low", 0.7, 0), ("mlp/loss", 0.5, 3))
    assert entry.run_name == f"tiny-{entry.digest[7:19]}"


def test_a_dirty_working_tree_is_told(tmp_path: Path) -> None:
    assert dict(entry_of(tmp_path, Origin("c" * 40, dirty=True)).tags)["mlops.dirty"] == "true"


def test_a_bundle_of_version_1_says_itself_what_its_statement_would() -> None:
    contents = Contents.read(VERSION1)
    papers = Papers.within(contents)
    assert papers is not None
    entry = read_entry(contents, papers, Origin("c" * 40))
    assert (entry.statement, entry.data) == (None, "sha256:" + "1" * 64)
    assert (dict(entry.tags)["mlops.verdict"], "mlops.statement" in dict(entry.tags)) == ("pass", False)
