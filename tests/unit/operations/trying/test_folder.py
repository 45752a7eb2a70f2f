"""The copies of trials: recorded outputs under their usual names, never a test row, and nothing recorded is touched."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from mlops.operations.dvc.lock import md5_tree
from mlops.operations.trying.combinations import combinations
from mlops.operations.trying.folder import Copies, last_run
from mlops.operations.trying.stages import Work, focus, work
from tests.builders.recorded import Recorded

pytestmark = pytest.mark.slow

Asked = Callable[..., tuple[Copies, Work]]


@pytest.fixture
def asked(recorded: Recorded) -> Asked:
    def asked(text: str = "model.mlp.lr=0.5") -> tuple[Copies, Work]:
        found = combinations(recorded.root, "churn", [text])
        (made,) = found.combinations
        now = found.now.pipeline("churn")
        return Copies(recorded.root, now), work(
            made.workspace.pipeline("churn"), focus(made.values), last_run(recorded.root, now)
        )

    return asked


def test_a_copy_has_what_training_reads_and_no_test_row(recorded: Recorded, asked: Asked) -> None:
    before = {
        path: path.read_bytes() for path in recorded.root.rglob("*") if path.is_file() and ".mlops" not in path.parts
    }
    copies, made = asked()
    folder = copies.prepare(made)
    assert made.before == ()
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()) == [
        "artifacts/features",  # a file in this repository
        "artifacts/split/train.parquet",
        "params.yaml",
        "reports/data.json",
        "reports/split.json",
    ]
    shutil.rmtree(copies.place)
    after = {
        path: path.read_bytes() for path in recorded.root.rglob("*") if path.is_file() and ".mlops" not in path.parts
    }
    assert after == before


@pytest.mark.parametrize("lost", ["work tree", "cache", "damaged"])
def test_what_was_recorded_is_taken_from_where_it_is(recorded: Recorded, asked: Asked, lost: str) -> None:
    place, digest = recorded.folder / "artifacts/features", recorded.digest("artifacts/features")
    if lost == "work tree":
        place.unlink()
    elif lost == "damaged":
        place.unlink()
        place.write_text("other")
    else:
        recorded.cached(digest).unlink()
    copies, made = asked()
    assert made.before == ()
    assert md5_tree(copies.prepare(made) / "artifacts/features") == digest


def test_what_is_nowhere_is_made_again(recorded: Recorded, asked: Asked) -> None:
    (recorded.folder / "artifacts/features").unlink()
    recorded.cached(recorded.digest("artifacts/features")).unlink()
    _, made = asked()
    assert made.before == ("features",)


def test_a_report_that_was_edited_makes_its_stage_run_again(recorded: Recorded, asked: Asked) -> None:
    (recorded.folder / "reports/split.json").write_text("{}")
    _, made = asked()
    assert made.before == ("split",)  # which divides as before, so that features stay


def test_given_files_come_along_where_they_are_read(asked: Asked) -> None:
    copies, made = asked("data.source.nulls=['?']")
    assert made.before == ("ingest", "validate", "split", "features")
    folder = copies.prepare(made)
    assert (folder / "data/churn.csv").is_file()
    assert not (folder / "artifacts").exists()
