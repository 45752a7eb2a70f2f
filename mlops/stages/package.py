"""`mlops stage package`: state what passed its gate, by digests, and write its model card. It runs no model.

A statement is about a bundle and not in it: the same content, judged by other rules, is the same bundle.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from mlops.bundle.contents import Contents
from mlops.bundle.statement import CARD, NAME, REPORTS, Statement
from mlops.errors import GateFailed, Inconclusive, InfrastructureError, IntegrityError
from mlops.files.atomic import write_text
from mlops.files.canonical import digest_file
from mlops.present.card import card
from mlops.verdict import DEFERRED, held

if TYPE_CHECKING:
    from mlops.stages.context import StageContext

_PREDICTIONS = "artifacts/evaluation/predictions.parquet"
_DATA = ("data", "metrics", "split", "training")


class Params(BaseModel):
    """The `package` section of params.yaml; code and libraries are those of every stage."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pipeline: str
    description: str = ""
    owners: tuple[str, ...] = ()
    risk: str = ""
    configuration: str
    card: dict[str, str] = Field(default_factory=dict)
    code: str | dict[str, str] = ""
    libraries: dict[str, str] = Field(default_factory=dict)


def run(context: StageContext) -> None:
    """Write reports/bundle.json and reports/card.md, if the gate passed.

    Raises:
        GateFailed: its verdict is not a pass; Inconclusive where the evidence was too thin.
        IntegrityError: it was passed by another bundle, or for other predictions, than those that lie here.
    """
    params = Params.model_validate(context.params)
    gate = _report(context, "gate")
    refuse_unless_passed(gate, params.pipeline)
    reports = {name: _report(context, name) for name in _DATA} | {"gate": gate}
    contents = Contents.read(context.path("artifacts/bundle"))
    _refuse_others(context, reports, contents)
    code = params.code if isinstance(params.code, dict) else {"package": params.code}
    write_text(context.path(f"reports/{CARD}"), card.write(_evidence(context, params, contents, reports)))
    statement = Statement(
        pipeline=params.pipeline,
        digest=contents.digest,
        verdict="pass",
        files=len(contents.manifest.files),
        size=sum(entry.size for entry in contents.manifest.files.values()),
        reports={name: digest_file(context.path(f"reports/{name}")) for name in REPORTS},
        rows={"test": reports["metrics"]["inputs"]["test.parquet"], "predictions": gate["predictions"]},
        data=reports["data"]["source"],
        configuration=params.configuration,
        code=code,
        libraries=params.libraries,
    )
    write_text(context.path(f"reports/{NAME}"), statement.dumps())
    context.say(f"{statement.digest} passed; the statement on it is {statement.name}")


def refuse_unless_passed(gate: dict[str, Any], pipeline: str) -> None:
    """Raise GateFailed or Inconclusive, with the sentences of the rules that said so."""
    verdict = _verdict(gate)
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


def _verdict(gate: dict[str, Any]) -> str:
    """Give the verdict, no better than its rules come to; what is none stays what it is."""
    try:
        return held(gate["verdict"], gate["rules"])
    except (KeyError, TypeError, ValueError):
        said = str(gate.get("verdict"))
        return "damaged" if said == "pass" else said


def _report(context: StageContext, name: str) -> dict[str, Any]:
    path = context.path(f"reports/{name}.json")
    if not path.is_file():
        raise InfrastructureError(f"reports/{name}.json is not there", hint=f"mlops run {context.pipeline}")
    document: dict[str, Any] = json.loads(path.read_bytes())
    return document


def _refuse_others(context: StageContext, reports: dict[str, dict[str, Any]], contents: Contents) -> None:
    """What was judged must be what lies here: the bundle, its scores, the figures."""
    here = contents.digest[:19]
    if reports["gate"].get("bundle") != contents.digest:
        raise IntegrityError(f"the gate judged another bundle than {here}…, which lies in artifacts/bundle")
    if reports["metrics"].get("bundle") != contents.digest:
        raise IntegrityError(f"reports/metrics.json is about another bundle than {here}…")
    if contents.manifest.pipeline != context.pipeline:
        raise IntegrityError(f"the bundle {here}… is of {contents.manifest.pipeline}, not of {context.pipeline}")
    if digest_file(context.path(_PREDICTIONS)) != reports["gate"].get("predictions"):
        raise IntegrityError("the gate judged other predictions than those in artifacts/evaluation")


def _evidence(
    context: StageContext, params: Params, contents: Contents, reports: dict[str, dict[str, Any]]
) -> card.Evidence:
    return card.Evidence(
        pipeline=params.pipeline,
        task=contents.manifest.task,
        bundle=contents.digest,
        description=params.description,
        owners=params.owners,
        risk=params.risk,
        model=json.loads(contents.files["model.json"]),
        recipe=json.loads(contents.files["transform.json"]),
        schema=json.loads(context.path("artifacts/schema.json").read_bytes()),
        identity={"configuration": params.configuration},
        said=params.card,
        **reports,
    )
