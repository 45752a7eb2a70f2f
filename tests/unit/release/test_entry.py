from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlops.bundle.contents import Contents
from mlops.bundle.papers import Papers
from mlops.files.tracked import Data
from mlops.release.entry import Entry, Origin, read_entry
from tests.builders.bundles import VERSION1, make_bundle
from tests.builders.papers import metrics_of, write_papers

pytestmark = pytest.mark.slow


def entry_of(folder: Path, origin: Origin, history: Any = (), **metrics: Any) -> Entry:
    contents = Contents.read(make_bundle(folder / "tiny"))
    papers = write_papers(folder / "reports", folder / "tiny", metrics=metrics_of(contents.digest, **metrics))
    return read_entry(contents, papers, origin, history)


def test_a_metric_has_one_name_and_its_interval_is_in_a_tag_and_a_table(tmp_path: Path) -> None:
    auroc = {"value": 0.75, "low": 0.7, "high": 0.8}
    models = {"candidate": {"auroc": auroc, "rmse": {"value": None}}, "dummy": {"auroc": {"value": 0.5}}}
    entry = entry_of(tmp_path, Origin("c" * 40), models=models)
    assert entry.metrics == (("auroc", 0.75, 0),)
    assert dict(entry.tags)["figures"] == "auroc 0.750 [0.700, 0.800]"
    assert entry.figures == (
        ("model", "metric", "value", "low", "high"),
        ("candidate", "auroc", "0.75", "0.7", "0.8"),
        ("candidate", "rmse", "", "", ""),
        ("dummy", "auroc", "0.5", "", ""),
    )
    assert entry.run_name == f"tiny-{entry.digest[7:19]}"


def test_candidates_have_their_epochs_and_last_what_was_kept(tmp_path: Path) -> None:
    history = (("linear/validation_auroc", 0.5, 1), ("linear/train_loss", 0.4, 1), ("linearer/train_loss", 9.0, 7))
    (linear,) = entry_of(tmp_path, Origin("c" * 40), history).candidates
    assert (linear.name, linear.kind) == ("linear", "linear")
    assert linear.metrics == (("validation/auroc", 0.5, 1), ("train/loss", 0.4, 1), ("validation/auroc", 0.75, 2))


def test_what_people_read_first_is_plain(tmp_path: Path) -> None:
    entry = entry_of(tmp_path, Origin("c" * 40, dirty=True))
    plain = {name: value for name, value in entry.tags if not name.startswith("mlops.")}
    assert plain == {
        "commit": "cccccccc and changes that are not in it",
        "gate": "pass: 1 of 1 rule",
        "kind": "linear, binary",
    }
    assert max(plain) < "mlops.", "MLflow sorts them"
    assert (entry.about, entry.description) == ("", "# Model card: tiny\n")


def test_the_rows_are_named_counted_and_none_is_shown(tmp_path: Path) -> None:
    entry = entry_of(tmp_path, Origin("c" * 40, source="data/tiny.csv"))
    assert entry.rows.data == Data("tiny", "sha256:" + "1" * 64, "data/tiny.csv", 130)
    assert entry.rows.test == Data("tiny test", "sha256:" + "2" * 64, "data/tiny.csv", 40)


def test_a_dirty_working_tree_is_told(tmp_path: Path) -> None:
    assert dict(entry_of(tmp_path, Origin("c" * 40, dirty=True)).tags)["mlops.dirty"] == "true"


def test_a_bundle_of_version_1_says_itself_what_its_statement_would() -> None:
    contents = Contents.read(VERSION1)
    papers = Papers.within(contents)
    assert papers is not None
    entry = read_entry(contents, papers, Origin("c" * 40))
    assert (entry.statement, entry.rows.data.digest, entry.rows.test) == (None, "sha256:" + "1" * 64, None)
    assert (dict(entry.tags)["mlops.verdict"], "mlops.statement" in dict(entry.tags)) == ("pass", False)
