"""`mlops stage bundle`: write what will be served and nothing else, named by the digest of its content.

Every later stage is about this bundle: it is scored, judged and served, and none of what is said about it is in it.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from pydantic import Field

from mlops.blocks.cost import Cost
from mlops.bundle import environment
from mlops.bundle.attribution import METHODS
from mlops.bundle.attribution import NAME as EXPLAIN
from mlops.bundle.decision_rule import NAME as DECISION
from mlops.bundle.golden import Golden
from mlops.bundle.manifest import seal
from mlops.bundle.model import OnnxModel
from mlops.bundle.predictor import Predictor
from mlops.bundle.recipe import Recipe
from mlops.bundle.schema import Requests, RequestSchema
from mlops.bundle.transform import Transform
from mlops.errors import DataError
from mlops.files.atomic import writing_folder
from mlops.files.canonical import dumps
from mlops.ml.data.folds import Folds
from mlops.stages import golden_rows, learnt_rows, weighing
from mlops.stages.answered import answered
from mlops.stages.context import Section
from mlops.stages.deciding import learn
from mlops.stages.profile import profile
from mlops.stages.served_columns import served, taken
from mlops.stages.tables import scored
from mlops.stages.unseen import blind

if TYPE_CHECKING:
    from pathlib import Path

    from mlops.bundle.decision_rule import DecisionRule
    from mlops.stages.context import StageContext

FOLDER = "artifacts/bundle"
_MODEL, _DESCRIBED = "artifacts/model/model.onnx", "artifacts/model/model.json"
_TRANSFORM = "artifacts/features/transform.json"


class Params(Section):
    """The `bundle` section of params.yaml."""

    pipeline: str
    golden_rows: int = Field(default=16, ge=1, le=1_000)
    requests: Requests = Requests()
    cost: Cost | None = None
    weight: str | None = None
    """Column that says how much a row counts, where decisions have a value."""
    explain: bool = False
    """Whether the server is to share scores out among columns."""
    nulls: tuple[str, ...] | None = None
    """Texts that mean a missing value in the file; None where the source holds no texts of that kind."""


def run(context: StageContext) -> None:
    """Write artifacts/bundle/.

    What the monitor holds scores against are answers to validation rows by a model that had not learnt from them: the
    candidate as it was chosen, where the one that is served learnt from them since. Test rows stay out of every bundle.

    Raises:
        DataError: a server would refuse every validation row, or the model answers some with what is no number.
    """
    params = Params.model_validate(context.params)
    described = context.path(_DESCRIBED).read_bytes()
    made = Recipe.parse(context.path(_TRANSFORM).read_bytes())
    transform = Transform(served(made, described))
    model = OnnxModel(context.path(_MODEL).read_bytes())
    schema = RequestSchema.of(transform.recipe, context.schema().value(), params.requests, params.nulls)
    unaware = blind(context, model, described)
    predictor = Predictor(transform, model, schema, _decision(context, params, made, described, unaware))
    train, validation = (pl.read_parquet(context.path(f"artifacts/split/{part}.parquet")) for part in _LEARNT)
    validation, _ = answered(validation, schema, "validation")
    dealt = Folds.read(context.path("artifacts/split"))
    scores = answers = scored(predictor, validation, dealt)
    if unaware is not model:
        answers = scored(Predictor(transform, unaware, schema), validation)
    if lost := int((~np.isfinite(scores.reshape(len(scores), -1))).any(axis=1).sum()):
        message = f"the model answers {lost:,} of {len(scores):,} validation rows with what is no number"
        raise DataError(message, hint="look at reports/history.csv; a lower learning rate may help")
    seen = profile(train, transform.recipe, answers)
    golden = golden_rows.make(predictor, seen, params.golden_rows)
    with writing_folder(context.path(FOLDER)) as folder:
        for source in (_MODEL, _DESCRIBED, *([_TRANSFORM] if transform.recipe is made else [])):
            shutil.copyfile(context.path(source), folder / source.rsplit("/", 1)[1])
        if transform.recipe is not made:
            _write(folder / "transform.json", dumps(transform.recipe.model_dump(mode="json")))
        _write(folder / "schema.json", schema.dumps())
        _write(folder / "profile.json", seen.dumps())
        _write(folder / "golden.json", golden.dumps())
        _write(folder / environment.NAME, environment.requirements())
        if predictor.decision is not None:
            _write(folder / DECISION, predictor.decision.dumps())
        if params.explain:
            _write(folder / EXPLAIN, _explain(context, predictor, made, described, golden))
        manifest = seal(folder, params.pipeline, predictor.task)
        Golden.parse((folder / "golden.json").read_bytes()).check(Predictor.open(folder, manifest.digest))
    context.say(f"{manifest.digest}, {len(manifest.files)} files, {len(golden.rows)} golden rows")


_LEARNT = ("train", "validation")


def _decision(
    context: StageContext, params: Params, made: Recipe, described: bytes, model: OnnxModel
) -> DecisionRule | None:
    """Learn on the validation rows how to decide, where decisions have a value."""
    if params.cost is None:
        return None
    x, y = (
        np.load(context.path(f"artifacts/features/validation_{axis}.npy"), allow_pickle=False) for axis in ("x", "y")
    )
    classes, x = tuple(map(str, made.target.classes or ())), taken(x, made, described)
    by = weighing.array(context, "validation", params.weight)
    return learn(params.cost, classes, y, learnt_rows.chosen_by(context, model, x), by)


def _explain(context: StageContext, predictor: Predictor, made: Recipe, described: bytes, golden: Golden) -> str:
    """Say what scores are shared out by; training rows are counted for it, and none is kept."""
    from mlops.stages.attribution_basis import make

    x = taken(np.load(context.path("artifacts/features/train_x.npy"), allow_pickle=False), made, described)
    rows = predictor.transform.apply_rows(predictor.read(golden.rows))
    model = context.path(_MODEL).read_bytes()
    basis = make(model, predictor, x.reshape(len(x), *rows.shape[1:]), rows)
    context.say(f"scores are explained by {METHODS[basis.method]}")
    return basis.dumps()


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8"))
