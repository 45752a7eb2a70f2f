"""`mlops stage package`: state what passed its gate, by digests, and write its model card. It runs no model.

A statement is about a bundle and not in it: the same content, judged by other rules, is the same bundle.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar

from pydantic import Field

from mlops.bundle.contents import Contents
from mlops.bundle.recipe import Recipe
from mlops.documents.data import DataReport
from mlops.documents.document import Document
from mlops.documents.gate import GateReport
from mlops.documents.metrics import MetricsReport
from mlops.documents.split import SplitReport
from mlops.documents.statement import CARD, NAME, REPORTS, Statement
from mlops.documents.training import TrainingReport
from mlops.errors import GateFailed, Inconclusive, InfrastructureError, IntegrityError
from mlops.files.atomic import write_text
from mlops.files.canonical import digest_file
from mlops.present.card import card
from mlops.stages.context import Section
from mlops.verdict import DEFERRED

if TYPE_CHECKING:
    from pathlib import Path

    from mlops.stages.context import StageContext

_PREDICTIONS = "artifacts/evaluation/predictions.parquet"
Report = TypeVar("Report", bound=Document)


class Params(Section):
    """The `package` section of params.yaml; code and libraries are those of every stage."""

    pipeline: str
    description: str = ""
    owners: tuple[str, ...] = ()
    risk: str = ""
    configuration: str
    card: dict[str, str] = Field(default_factory=dict)


def run(context: StageContext) -> None:
    """Write reports/bundle.json and reports/card.md, if the gate passed.

    Raises:
        GateFailed: its verdict is not a pass; Inconclusive where the evidence was too thin.
        IntegrityError: it was passed by another bundle, or for other predictions, than those that lie here.
    """
    params = Params.model_validate(context.params)
    gate = _gate(context)
    refuse_unless_passed(gate, params.pipeline)
    contents = Contents.read(context.path("artifacts/bundle"))
    evidence = _evidence(context, params, contents, gate)
    _refuse_others(context, gate, evidence.metrics, contents)
    if evidence.data.source is None:
        raise IntegrityError("reports/data.json names no source", hint=f"mlops run {context.pipeline}")
    code = params.code if isinstance(params.code, dict) else {"package": params.code}
    write_text(context.path(f"reports/{CARD}"), card.write(evidence))
    statement = Statement(
        pipeline=params.pipeline,
        digest=contents.digest,
        verdict="pass",
        files=len(contents.manifest.files),
        size=sum(entry.size for entry in contents.manifest.files.values()),
        reports={name: digest_file(context.path(f"reports/{name}")) for name in REPORTS},
        rows={"test": evidence.metrics.inputs["test.parquet"], "predictions": gate.predictions or ""},
        data=evidence.data.source,
        configuration=params.configuration,
        code=code,
        libraries=params.libraries,
    )
    write_text(context.path(f"reports/{NAME}"), statement.dumps())
    context.say(f"{statement.digest} passed; the statement on it is {statement.name}")


def refuse_unless_passed(gate: GateReport, pipeline: str) -> None:
    """Raise GateFailed or Inconclusive, with the sentences of the rules that said so."""
    verdict = gate.verdict
    if verdict == "pass":
        return
    blocking = [rule for rule in gate.rules if rule.mode == "block" and rule.applicable]
    against = [rule.sentence for rule in blocking if rule.verdict not in ("pass", DEFERRED)]
    sentences = "".join(f"\n  {sentence}" for sentence in against[:20])
    error = Inconclusive if verdict == "inconclusive" else GateFailed
    raise error(
        f"{pipeline} is not packaged: the gate's verdict is {verdict}{sentences}",
        hint=f"mlops gate {pipeline} --explain",
    )


def _gate(context: StageContext) -> GateReport:
    """Read the verdict; what is none passes nothing."""
    gate = GateReport.read(_there(context, "gate"))
    if gate is None:
        raise GateFailed(
            f"{context.pipeline} is not packaged: the gate's verdict is damaged", hint=f"mlops run {context.pipeline}"
        )
    return gate


def _report(context: StageContext, name: str, kind: type[Report]) -> Report:
    report = kind.read(_there(context, name))
    if report is None:
        raise IntegrityError(f"reports/{name}.json is damaged", hint=f"mlops run {context.pipeline}")
    return report


def _there(context: StageContext, name: str) -> Path:
    path = context.path(f"reports/{name}.json")
    if not path.is_file():
        raise InfrastructureError(f"reports/{name}.json is not there", hint=f"mlops run {context.pipeline}")
    return path


def _refuse_others(context: StageContext, gate: GateReport, metrics: MetricsReport, contents: Contents) -> None:
    """What was judged must be what lies here: the bundle, its scores, the figures."""
    here = contents.digest[:19]
    if gate.bundle != contents.digest:
        raise IntegrityError(f"the gate judged another bundle than {here}…, which lies in artifacts/bundle")
    if metrics.bundle != contents.digest:
        raise IntegrityError(f"reports/metrics.json is about another bundle than {here}…")
    if contents.manifest.pipeline != context.pipeline:
        raise IntegrityError(f"the bundle {here}… is of {contents.manifest.pipeline}, not of {context.pipeline}")
    if digest_file(context.path(_PREDICTIONS)) != gate.predictions:
        raise IntegrityError("the gate judged other predictions than those in artifacts/evaluation")


def _evidence(context: StageContext, params: Params, contents: Contents, gate: GateReport) -> card.Evidence:
    return card.Evidence(
        pipeline=params.pipeline,
        task=contents.manifest.task,
        bundle=contents.digest,
        description=params.description,
        owners=params.owners,
        risk=params.risk,
        model=json.loads(contents.files["model.json"]),
        recipe=Recipe.parse(contents.files["transform.json"]),
        schema=context.schema().value(),
        configuration=params.configuration,
        said=params.card,
        gate=gate,
        metrics=_report(context, "metrics", MetricsReport),
        data=_report(context, "data", DataReport),
        split=_report(context, "split", SplitReport),
        training=_report(context, "training", TrainingReport),
    )
