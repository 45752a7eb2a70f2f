"""What is to become live is judged beside what is live now, whatever was said of it before."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlops.bundle.papers import Papers
from mlops.errors import GateFailed, InfrastructureError
from mlops.files.canonical import dumps
from mlops.operations.project import open_project
from mlops.operations.releasing.compared import compared_with_live, hold_new
from mlops.release.tracking import connection
from tests.builders.confronted import ABSOLUTE, OVER_LIVE, candidate, make_confronted
from tests.builders.confronted import compared as compared_as
from tests.builders.released import Shop

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_confronted(tmp_path_factory.mktemp("confronted"))


@pytest.fixture
def shop(made: Shop, tmp_path: Path) -> Shop:
    shutil.copytree(made.root, tmp_path / "work", symlinks=True)
    return Shop(tmp_path / "work", made.origin, made.first, made.second)


def bundle(shop: Shop, **changes: Any) -> Papers:
    """The papers of the candidate's run, as far as the digest of its bundle and its verdict go."""
    gate = json.loads((shop.root / "pipelines/tiny/reports/gate.json").read_bytes()) | changes
    return Papers("sha256:" + "d" * 64, {"gate.json": dumps(gate).encode()}, {})


def compared(shop: Shop, papers: Papers, live: str | None) -> Any:
    project = open_project(shop.root)[1]
    return compared_with_live(shop.root, project, papers, "tiny", live, connection)


def test_it_is_compared_with_what_is_live_now(shop: Shop) -> None:
    made = compared(shop, bundle(shop), shop.first)
    assert (made.champion, [rule["verdict"] for rule in made.rules]) == (shop.first, ["pass"])
    assert {model: sorted(table) for model, table in made.models.items()} == {
        "candidate": ["auroc"],
        "champion": ["auroc"],
    }


def test_what_is_worse_is_refused_with_its_sentence(shop: Shop) -> None:
    candidate(shop.root, gate={"rules": [ABSOLUTE, {**OVER_LIVE, "at_least": 0.9}]})
    with pytest.raises(GateFailed) as raised:
        compared(shop, bundle(shop), shop.first)
    first, sentence = raised.value.message.splitlines()
    assert first == f"tiny: beside the live {shop.first[:19]}… the verdict on sha256:{'d' * 12}… is fail"
    assert sentence == (
        "  AUROC equals the champion's 0.416, give or take [0.000, 0.000] (40 rows), but at least 0.9 above is required"
    )
    assert raised.value.hint == "repair the model, or ask for a waiver: mlops waive tiny"


def test_what_is_new_is_held_before_the_registry_learns_of_it(shop: Shop) -> None:
    candidate(shop.root, gate={"rules": [ABSOLUTE, {**OVER_LIVE, "at_least": 0.9}]})
    project, worse = open_project(shop.root)[1], bundle(shop)
    with pytest.raises(GateFailed, match="beside the live"):
        hold_new(shop.root, project, worse, "tiny", shop.first, lambda: False)
    hold_new(shop.root, project, worse, "tiny", shop.first, lambda: True)
    hold_new(shop.root, project, worse, "tiny", worse.bundle, lambda: False)  # it is live itself


def test_without_a_live_model_or_a_rule_over_it_there_is_nothing_to_compare(shop: Shop) -> None:
    assert compared(shop, bundle(shop), None) is None
    assert compared(shop, bundle(shop, rules=[]), shop.first) is None


def test_a_bundle_of_an_earlier_version_was_compared_in_its_run(shop: Shop) -> None:
    rule = {"id": "r", "metric": "auroc", "against": "champion", "verdict": "pass", "mode": "block", "applicable": True}
    assert compared(shop, bundle(shop, rules=[rule], champion=shop.first), shop.first) is None


def test_a_run_that_nobody_recorded_cannot_be_compared(shop: Shop) -> None:
    papers = replace(bundle(shop), bundle="sha256:" + "e" * 64)
    with pytest.raises(InfrastructureError) as raised:
        compared(shop, papers, shop.first)
    assert raised.value.message == (
        "tiny: no commit records the run that made sha256:eeeeeeeeeeee…, and the live model is asked about its rows"
    )


def test_where_the_rows_are_nowhere_the_comparison_of_its_run_counts_and_no_other(shop: Shop) -> None:
    papers = bundle(shop)
    gate = json.loads(papers.files["gate.json"])
    known = compared_as(papers.bundle, shop.first, **{key: gate[key] for key in ("predictions", "registered")})
    shutil.rmtree(shop.root / "pipelines/tiny/artifacts")
    known.write(shop.root)
    assert compared(shop, papers, shop.first) == known
    for change in ({"predictions": "sha256:1"}, {"registered": "sha256:2"}, {"pipeline": "other"}):
        (shop.root / known.file).write_text(known.model_copy(update=change).dumps())
        with pytest.raises(InfrastructureError):
            compared(shop, papers, shop.first)


def test_rows_of_an_earlier_run_in_the_work_tree_are_not_taken_for_those_of_this_one(shop: Shop) -> None:
    papers = bundle(shop)
    (shop.root / "pipelines/tiny/artifacts/evaluation/predictions.parquet").write_bytes(b"of an earlier run")
    with pytest.raises(InfrastructureError, match="dvc has artifacts/evaluation of commit [0-9a-f]{8} n"):
        compared(shop, papers, shop.first)
    gate = json.loads(papers.files["gate.json"])
    known = compared_as(papers.bundle, shop.first, **{key: gate[key] for key in ("predictions", "registered")})
    known.write(shop.root)
    assert compared(shop, papers, shop.first) == known


def test_a_recorded_run_whose_rows_are_nowhere_is_not_passed_over(shop: Shop) -> None:
    papers = bundle(shop)
    shutil.rmtree(shop.root / "pipelines/tiny/artifacts")
    with pytest.raises(InfrastructureError, match="dvc has artifacts/evaluation of commit [0-9a-f]{8} n") as raised:
        compared(shop, papers, shop.first)
    assert raised.value.hint == "dvc push where it was made, or mlops run tiny"
