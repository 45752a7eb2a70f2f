"""`mlops stage package`: seal what passed its gate into one bundle that is named by its digest."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from mlops.bundle import card
from mlops.bundle.decision import NAME as DECISION
from mlops.bundle.decision import Decision
from mlops.bundle.golden import Golden
from mlops.bundle.manifest import seal
from mlops.bundle.predictor import Predictor
from mlops.bundle.schema import Requests, RequestSchema
from mlops.errors import GateFailed, Inconclusive, InfrastructureError, IntegrityError
from mlops.files.atomic import write_text, writing_folder
from mlops.files.canonical import digest_file, dumps
from mlops.ml.evaluation.judging.waivers import DEFERRED
from mlops.steps import golden_rows
from mlops.steps.answered import answered
from mlops.steps.profile import profile
from mlops.steps.tables import scored

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from mlops.bundle.manifest import Manifest
    from mlops.steps.context import StageContext

_EVIDENCE = ("gate", "metrics", "training")  # reports that travel in the bundle
_TOLERANCE = 1e-4  # evaluation may have run on another processor


class Params(BaseModel):
    """The `package` section of params.yaml; libraries only make the stage stale."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pipeline: str
    description: str = ""
    owners: tuple[str, ...] = ()
    risk: str = ""
    golden_rows: int = Field(default=16, ge=1, le=1_000)
    configuration: str
    card: dict[str, str] = Field(default_factory=dict)
    requests: Requests = Requests()
    code: str | dict[str, str] = ""
    libraries: dict[str, str] = Field(default_factory=dict)


def run(context: StageContext) -> None:
    """Write artifacts/bundle/ and reports/bundle.json, if the gate passed."""
    params = Params.model_validate(context.params)
    gate = _report(context, "gate")
    refuse_unless_passed(gate, params.pipeline)
    judged = context.path("artifacts/evaluation/predictions.parquet")
    if digest_file(judged) != gate["predictions"]:
        raise IntegrityError("the gate judged other predictions than those in artifacts/evaluation")
    transform, decision = context.path("artifacts/features/transform.json"), _decision(context)
    predictor = Predictor.assemble(transform, context.path("artifacts/model"), decision)
    schema = RequestSchema.of(predictor.transform.recipe, requests=params.requests)
    test, _ = answered(pl.read_parquet(context.path("artifacts/split/test.parquet")), schema)
    scores, predictions = scored(predictor, test), pl.read_parquet(judged)
    _refuse_other_scores(test, scores, predictions)
    _refuse_other_decisions(decision, predictions)
    with writing_folder(context.path("artifacts/bundle")) as folder:
        _write_parts(context, folder, params, predictor)
        train = pl.read_parquet(context.path("artifacts/split/train.parquet"))
        _write(folder / "profile.json", dumps(profile(train, predictor.transform.recipe, scores)))
        _write(folder / "golden.json", golden_rows.choose(predictor, test, scores, params.golden_rows).dumps())
        manifest = seal(folder, params.pipeline, predictor.task, _identity(context, params))
        Golden.parse((folder / "golden.json").read_bytes()).check(Predictor.open(folder, manifest.digest))
    write_text(context.path("reports/bundle.json"), dumps(_summary(manifest, gate)))
    context.say(f"bundle {manifest.digest}")


def refuse_unless_passed(gate: dict[str, Any], pipeline: str) -> None:
    """Raise GateFailed or Inconclusive, with the sentences of the rules that said so."""
    verdict = gate.get("verdict")
    if verdict == "pass":
        return
    blocking = [rule for rule in gate.get("rules", []) if rule["mode"] == "block" and rule["applicable"]]
    against = [rule["sentence"] for rule in blocking if rule["verdict"] not in ("pass", DEFERRED)]
    sentences = "".join(f"\n  {sentence}" for sentence in against[:20])
    error = Inconclusive if verdict == "inconclusive" else GateFailed
    raise error(
        f"{pipeline} is not packaged: the gate's verdict is {verdict}{sentences}",
        hint=f"mlops gate {pipeline} --explain",
    )


def _report(context: StageContext, name: str) -> dict[str, Any]:
    path = context.path(f"reports/{name}.json")
    if not path.is_file():
        raise InfrastructureError(f"reports/{name}.json is not there", hint=f"mlops run {context.pipeline}")
    document: dict[str, Any] = json.loads(path.read_bytes())
    return document


def _refuse_other_scores(test: pl.DataFrame, scores: NDArray[np.float32], predictions: pl.DataFrame) -> None:
    """What was judged must be what is packaged: the evaluated scores, row by row."""
    judged = test.select("__row__").join(
        predictions.select("__row__", "candidate"), on="__row__", maintain_order="left"
    )
    if judged.height != test.height or predictions.height != test.height:
        raise IntegrityError("the gate judged other rows than the test part")
    column = judged.get_column("candidate")
    if column.null_count():
        raise IntegrityError("the gate judged rows that have no score, or other rows than the test part")
    evaluated = np.array(column.to_list(), dtype=np.float64).reshape(scores.shape)
    off = ~np.isclose(evaluated, scores, rtol=_TOLERANCE, atol=_TOLERANCE)
    if off.any():
        raise IntegrityError(f"the model scores {int(off.sum()):,} test rows otherwise than the gate judged")


def _decision(context: StageContext) -> Decision | None:
    path = context.path(f"artifacts/evaluation/{DECISION}")
    return Decision.parse(path.read_bytes()) if path.is_file() else None


def _refuse_other_decisions(decision: Decision | None, predictions: pl.DataFrame) -> None:
    """What was decided when it was judged is what the bundle decides."""
    if (decision is None) != ("decision_candidate" not in predictions.columns):
        raise IntegrityError("the gate judged decisions, or none, and the bundle would do otherwise")
    if decision is None:
        return
    scores = np.array(predictions.get_column("candidate").to_list(), dtype=np.float64)
    if (decision.decide(scores) != predictions.get_column("decision_candidate").to_numpy()).any():
        raise IntegrityError("the bundle decides test rows otherwise than the gate judged")


def _write_parts(context: StageContext, folder: Path, params: Params, predictor: Predictor) -> None:
    for source in ("artifacts/model/model.onnx", "artifacts/model/model.json", "artifacts/features/transform.json"):
        shutil.copyfile(context.path(source), folder / source.rsplit("/", 1)[1])
    for name in _EVIDENCE:
        shutil.copyfile(context.path(f"reports/{name}.json"), folder / f"{name}.json")
    if predictor.decision is not None:
        _write(folder / DECISION, predictor.decision.dumps())
    validated = json.loads(context.path("artifacts/schema.json").read_bytes())
    schema = RequestSchema.of(predictor.transform.recipe, validated, params.requests)
    _write(folder / "schema.json", schema.dumps())
    evidence = card.Evidence(
        pipeline=params.pipeline,
        task=predictor.task,
        description=params.description,
        owners=params.owners,
        risk=params.risk,
        model=json.loads((folder / "model.json").read_bytes()),
        recipe=predictor.transform.recipe.model_dump(),
        schema=validated,
        identity=_identity(context, params),
        said=params.card,
        **{name: _report(context, name) for name in ("data", "split", "training", "metrics", "gate")},
    )
    _write(folder / "card.md", card.write(evidence))


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8"))


def _identity(context: StageContext, params: Params) -> dict[str, Any]:
    return {
        "data": _report(context, "data")["source"],
        "configuration": params.configuration,
        "gate": digest_file(context.path("reports/gate.json")),
        "code": params.code if isinstance(params.code, dict) else {"package": params.code},
    }


def _summary(manifest: Manifest, gate: dict[str, Any]) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "digest": manifest.digest,
        "pipeline": manifest.pipeline,
        "files": len(manifest.files),
        "size": sum(entry.size for entry in manifest.files.values()),
        "verdict": gate["verdict"],
    }
