"""What `bundle` writes: content and nothing else, so that its digest names what is served and no more."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

from mlops.blocks.cost import Cost
from mlops.bundle.attribution import Explainer
from mlops.bundle.contents import Contents, verify
from mlops.bundle.decision_rule import DecisionRule
from mlops.bundle.golden import Golden
from mlops.bundle.manifest import seal
from mlops.bundle.predictor import Predictor
from mlops.bundle.transform import Transform
from mlops.errors import IntegrityError
from mlops.ml.data.encoding import encode
from mlops.stages import bundle, evaluate
from mlops.stages.context import StageContext
from mlops.stages.tables import transformed
from tests.builders.bundles import make_model, make_pipeline

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow  # sockets, processes, simulations or whole repositories

COST = {"true_positive": 2.0, "false_positive": -1.0, "false_negative": -10.0, "true_negative": 0.0, "unit": "EUR"}


def made(folder: Path, **changes: Any) -> Path:
    """Bundle a pipeline's folder, and give the bundle."""
    bundle.run(StageContext(folder, "tiny", "bundle", {"pipeline": "tiny"} | changes))
    return folder / "artifacts/bundle"


def with_arrays(folder: Path) -> Path:
    """Leave what the features stage leaves."""
    transform = Transform.read(folder / "artifacts/features/transform.json")
    for part in ("train", "validation"):
        rows = pl.read_parquet(folder / f"artifacts/split/{part}.parquet")
        np.save(folder / f"artifacts/features/{part}_x.npy", transformed(transform, rows))
        np.save(folder / f"artifacts/features/{part}_y.npy", encode(transform.recipe.target, rows))
    return folder


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_bundle_is_content_and_opens(tmp_path: Path, task: str) -> None:
    contents = Contents.read(made(make_pipeline(tmp_path / "tiny", task)))
    assert sorted(contents.files) == [
        "golden.json",
        "model.json",
        "model.onnx",
        "profile.json",
        "requirements.txt",
        "schema.json",
        "transform.json",
    ]
    assert json.loads(contents.manifest.dumps()).keys() == {"schema_version", "pipeline", "task", "files"}
    predictor, golden = Predictor.load(contents), Golden.parse(contents.files["golden.json"])
    golden.check(predictor)
    assert (len(golden.rows), predictor.task, contents.manifest.schema_version) == (16, task, 2)


def test_the_same_parts_make_the_same_digest_in_another_folder(tmp_path: Path) -> None:
    assert len({verify(made(make_pipeline(tmp_path / name))) for name in ("one", "deeper")}) == 1


def test_no_test_row_is_in_it(tmp_path: Path) -> None:
    """A person's row in the digest of a content could not be erased."""
    one, other = (make_pipeline(tmp_path / name) for name in ("one", "other"))
    test = pl.read_parquet(other / "artifacts/split/test.parquet")
    test[:3].write_parquet(other / "artifacts/split/test.parquet")
    assert verify(made(one)) == verify(made(other))


def test_it_names_the_libraries_of_serving_and_no_platform(tmp_path: Path) -> None:
    lines = (made(make_pipeline(tmp_path / "tiny")) / "requirements.txt").read_text().splitlines()
    names = ["numpy", "onnxruntime", "pydantic", "starlette", "uvicorn"]
    assert lines == [f"{name}=={version(name)}" for name in names]


def test_the_profile_describes_columns_and_scores_of_validation(tmp_path: Path) -> None:
    profile = json.loads((made(make_pipeline(tmp_path / "tiny")) / "profile.json").read_bytes())
    assert (profile["schema_version"], profile["rows"], profile["score_rows"]) == (3, 60, 30)
    assert profile["columns"]["plan"]["frequencies"]["basic"] == pytest.approx(0.5, abs=0.2)
    assert profile["columns"]["age"]["nulls"] == pytest.approx(9 / 60)
    assert len(profile["columns"]["age"]["edges"]) == 9
    assert sum(profile["columns"]["visits"]["shares"]) == pytest.approx(1, abs=1e-4)
    assert 0 <= profile["scores"]["quantiles"][0] <= profile["scores"]["quantiles"][-1] <= 1


def test_the_decision_is_learnt_on_validation_and_travels_with_the_model(tmp_path: Path) -> None:
    folder = with_arrays(make_pipeline(tmp_path / "tiny"))
    contents = Contents.read(made(folder, cost=COST))
    rule = DecisionRule.parse(contents.files["decision.json"])
    golden = Golden.parse(contents.files["golden.json"])
    assert (rule.unit, golden.decisions) == ("EUR", tuple(score > rule.threshold for score in golden.scores))
    golden.check(Predictor.load(contents))


def test_what_is_evaluated_decides_as_the_bundle_does(tmp_path: Path) -> None:
    folder = with_arrays(make_pipeline(tmp_path / "pipelines/tiny"))
    made(folder, cost=COST)
    section = {"task": "binary", "target": "y", "metrics": ["accuracy", "value"], "bootstrap": {"samples": 200}}
    for cost, fits in ((COST, True), (COST | {"false_negative": -1.0}, False)):
        context = StageContext(folder, "tiny", "evaluate", section | {"cost": cost})
        if fits:
            evaluate.run(context)
            continue
        with pytest.raises(IntegrityError) as caught:
            evaluate.run(context)
        assert caught.value.message == "the bundle decides otherwise than validation rows and `evaluate.cost` say"


def test_a_threshold_that_another_processor_learnt_decides_and_one_that_nobody_learnt_does_not(tmp_path: Path) -> None:
    """Its last bits are the scores'; what it is worth on the validation rows is not."""
    folder = with_arrays(make_pipeline(tmp_path / "pipelines/tiny"))
    here = made(folder, cost=COST)
    learnt = DecisionRule.parse((here / "decision.json").read_bytes())
    assert learnt.threshold is not None
    section = {"task": "binary", "target": "y", "metrics": ["value"], "bootstrap": {"samples": 200}, "cost": COST}
    for threshold, fits in ((learnt.threshold * (1 + 1e-9), True), (2.0, False)):
        (here / "decision.json").write_text(learnt.model_copy(update={"threshold": threshold}).dumps())
        (here / "manifest.json").unlink()
        seal(here, "tiny", "binary")
        context = StageContext(folder, "tiny", "evaluate", section)
        if fits:
            evaluate.run(context)
            continue
        with pytest.raises(IntegrityError) as caught:
            evaluate.run(context)
        assert caught.value.message == "the bundle decides otherwise than validation rows and `evaluate.cost` say"


def taught_again(folder: Path) -> Path:
    """Let the model be one that learnt validation rows too, of another seed than the candidate that was chosen."""
    model = folder / "artifacts/model"
    shape = Transform.read(folder / "artifacts/features/transform.json").shape
    (model / "before_refit.onnx").write_bytes((model / "model.onnx").read_bytes())
    (model / "model.onnx").write_bytes(make_model(shape, seed=2))
    said = json.loads((model / "model.json").read_bytes()) | {"learnt": {"train": 60, "validation": 30}}
    (model / "model.json").write_text(json.dumps(said))
    return folder


def test_what_validation_decides_goes_by_the_model_that_had_not_learnt_from_it(tmp_path: Path) -> None:
    chosen, released = (with_arrays(make_pipeline(tmp_path / name)) for name in ("chosen", "released"))
    before = Contents.read(made(chosen, cost=COST)).files
    after = Contents.read(made(taught_again(released), cost=COST)).files
    assert after["decision.json"] == before["decision.json"]
    assert json.loads(after["profile.json"])["scores"] == json.loads(before["profile.json"])["scores"]
    assert after["golden.json"] != before["golden.json"]
    assert sorted(after) == sorted(before)


def test_without_the_model_before_no_bundle_is_made(tmp_path: Path) -> None:
    folder = taught_again(with_arrays(make_pipeline(tmp_path / "tiny")))
    (folder / "artifacts/model/before_refit.onnx").unlink()
    with pytest.raises(IntegrityError) as caught:
        made(folder)
    assert caught.value.message == (
        "artifacts/model/before_refit.onnx is not here, and the model of the bundle has learnt from the validation rows"
    )


def test_a_threshold_is_held_to_the_model_before_where_it_is_here(tmp_path: Path) -> None:
    """A judge that has no such model takes the threshold as it takes weights; what decisions are worth it knows."""
    folder = taught_again(with_arrays(make_pipeline(tmp_path / "pipelines/tiny")))
    here = made(folder, cost=COST)
    learnt = DecisionRule.parse((here / "decision.json").read_bytes())
    (here / "decision.json").write_text(learnt.model_copy(update={"threshold": 2.0}).dumps())
    (here / "manifest.json").unlink()
    seal(here, "tiny", "binary")
    section = {"task": "binary", "target": "y", "metrics": ["value"], "bootstrap": {"samples": 200}}
    with pytest.raises(IntegrityError):
        evaluate.run(StageContext(folder, "tiny", "evaluate", section | {"cost": COST}))
    (folder / "artifacts/model/before_refit.onnx").unlink()
    context, params = (
        StageContext(folder, "tiny", "score", {}),
        evaluate.Params.model_validate(section | {"cost": COST}),
    )
    decided = evaluate.score(context, params).predictions.decided("candidate")
    assert not decided.any()
    with pytest.raises(IntegrityError) as caught:
        evaluate.score(context, params.model_copy(update={"cost": Cost(**COST | {"false_negative": -1.0})}))
    assert caught.value.message == "the bundle decides otherwise than validation rows and `evaluate.cost` say"


def test_what_a_server_does_with_bad_rows_is_content(tmp_path: Path) -> None:
    plain, filling = (make_pipeline(tmp_path / name) for name in ("plain", "filling"))
    assert verify(made(plain)) != verify(made(filling, requests={"nulls": "impute"}))


def test_what_scores_are_explained_by_is_a_file_more_and_changes_no_other(tmp_path: Path) -> None:
    folder = with_arrays(make_pipeline(tmp_path / "tiny", "regression"))
    plain = Contents.read(made(folder))
    contents = Contents.read(made(folder, explain=True))
    assert {name: data for name, data in contents.files.items() if name != "explain.json"} == plain.files
    assert json.loads(contents.files["explain.json"]) == {"schema_version": 1, "method": "sampled", "unit": "target"}
    assert verify(made(folder, explain=True)) == contents.digest
    predictor, golden = Predictor.load(contents), Golden.of(contents)
    explainer = Explainer.of(contents, predictor, golden)
    assert explainer is not None
    x = predictor.transform.apply_rows(golden.rows)
    found = explainer.explain(x, predictor.model.score(x))
    np.testing.assert_allclose(found.values.sum(axis=1) + found.base, golden.scores, rtol=1e-5)
    assert Explainer.of(plain, predictor, golden) is None
