"""The verdict of a run with what its stages had to defer: the rules over the live model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from mlops.documents.comparison import NOTHING, Comparison
from mlops.documents.gate import GateReport
from mlops.errors import InfrastructureError, IntegrityError, StaleError
from mlops.files.canonical import digest_file
from mlops.files.plain_yaml import Values
from mlops.operations.judging.opponent import Run, meet
from mlops.operations.verdicts.gate import Verdict, read_verdict
from mlops.plan.gate import registered
from mlops.verdict import BADNESS, DEFERRED, verdict

if TYPE_CHECKING:
    from mlops.configuration.project import Project
    from mlops.documents.figures import Figures
    from mlops.documents.gate import RuleResult
    from mlops.ml.evaluation.judging.gate import Opponent
    from mlops.ml.evaluation.predictions import Predictions
    from mlops.operations.live.registry import Connect
    from mlops.stages.gate import Params


def settled(root: Path, name: str) -> Verdict:
    """Read the verdict of the last run, and judge beside what is live now what the run deferred.

    The comparison is written down, and not made again while it is about the same.

    Raises:
        InfrastructureError: the live bundle, or the rows to compare on, cannot be had.
        IntegrityError: a report is damaged, or a bundle is not what its digest says.
    """
    from mlops.configuration.load import load_policy
    from mlops.operations.live.releases import live_bundle
    from mlops.operations.project import open_project

    recorded = read_verdict(root, name)
    if not recorded.deferred:
        return recorded
    configuration, project = open_project(root, name)
    policy, _ = load_policy(configuration)
    first = "review" if policy is None else policy.first
    return beside(Run.here(root, name), recorded, project, live_bundle(root, project.live, name), first)


def beside(run: Run, recorded: Verdict, project: Project, live: str | None, first: str = "allow") -> Verdict:
    """Settle a verdict beside a live bundle; rules over it do not apply to itself, nor, by `first`, where none is."""
    from mlops.operations.judging.records import over_live

    bundle, gate = _bundle(run), run.sections().get("gate") or {}
    if live is None or live == bundle:
        rules = over_live(run, params_of(run.name, gate), None, "allow" if live else first)
        return whole(recorded, rules, None)
    known = None if bundle is None else Comparison.find(run.root, run.name, bundle, live)
    if known is None or (known.predictions, known.registered) != (_judged(run), registered(gate)):
        known = compare(run, project, bundle or NOTHING, live)
        if bundle is not None:
            known.write(run.root)
    return whole(recorded, known.rules, live)


def compare(run: Run, project: Project, bundle: str, live: str, connect: Connect | None = None) -> Comparison:
    """Judge the rules over the live model; what serving both costs is not measured again where it was once.

    Raises:
        InfrastructureError: the live bundle, or what the run left, cannot be had.
        IntegrityError: a bundle is not what its digest says.
    """
    from mlops.operations.judging.records import over_live

    sections = run.sections()
    gate = sections.get("gate") or {}
    params = params_of(run.name, gate)
    known = Comparison.find(run.root, run.name, bundle, live)
    predictions = read_predictions(run, params)
    folder = fetch_live(run.root, project, run.name, live, connect)
    opponent = meet(run, predictions, params, sections, folder, live, None if known is None else known.serving)
    rules = over_live(run, params, opponent)
    return Comparison(
        pipeline=run.name,
        bundle=bundle,
        champion=live,
        predictions=_judged(run),
        registered=registered(gate),
        rules=rules,
        left_out=opponent.left_out,
        models=figures(opponent, params, (sections.get("evaluate") or {}).get("metrics") or ()),
        **({} if opponent.serving is None else {"serving": opponent.serving}),
    )


def figures(opponent: Opponent, params: Params, metrics: Sequence[str]) -> Figures:
    """Measure both models on the rows that were compared."""
    from mlops.ml.evaluation.summary import measured

    both = opponent.predictions
    if both is None or not len(both):
        return {}
    found = measured(both, metrics, ("candidate", "champion"), params.bootstrap)
    return {model: {name: figure.rounded for name, figure in table.items()} for model, table in found.items()}


def whole(recorded: Verdict, rules: tuple[RuleResult, ...], live: str | None) -> Verdict:
    """Join what a run recorded and what it deferred; nothing is better for it than it was recorded."""
    found: dict[str, list[RuleResult]] = {}
    for rule in rules:
        found.setdefault(rule.id, []).append(rule)
    places = ([rule] if rule.verdict != DEFERRED else found.get(rule.id, [rule]) for rule in recorded.rules)
    results = tuple(rule for place in places for rule in place)
    said = max(recorded.verdict, verdict(results), key=BADNESS.index)
    return replace(recorded, verdict=said, rules=results, champion=live)


def fetch_live(root: Path, project: Project, name: str, digest: str, connect: Connect | None = None) -> Path:
    """Bring the live bundle; raises InfrastructureError where it is nowhere: that is not the same as no live model."""
    from mlops.operations.live.bundles import obtain
    from mlops.operations.live.registry import fetching_from, tracking_uri
    from mlops.release.tracking import connection

    uri = tracking_uri(root, project)
    return obtain(root, name, digest, fetching_from(uri, name, digest, connect or connection))


def params_of(name: str, section: Values) -> Params:
    """Read a gate as it is compiled.

    Raises:
        IntegrityError: it is of another version.
    """
    from mlops.stages.gate import Params

    try:
        return Params.model_validate(section)
    except ValidationError as error:
        hint = "merge the base into your branch, or run the version of mlops that compiled it"
        raise IntegrityError(f"{name}: a gate this version of mlops cannot read", hint=hint) from error


def read_predictions(run: Run, params: Params) -> Predictions:
    """Read the predictions that the recorded verdict is about, priced as a gate says.

    Raises:
        InfrastructureError: they are not here.
        StaleError: they are others, or of another task.
    """
    from mlops.ml.evaluation.predictions import Predictions

    if not run.predictions.is_file():
        hint = f"mlops fetch {run.name} brings them, or mlops run {run.name}"
        raise InfrastructureError(f"{run.name}: the predictions are not here", hint=hint)
    if _judged(run) != digest_file(run.predictions):
        raise StaleError(f"{run.name}: the verdict was recorded for other predictions", hint=f"mlops run {run.name}")
    return asked(run.name, Predictions.read(run.predictions), params)


def asked(name: str, predictions: Predictions, params: Params) -> Predictions:
    """Price predictions as a gate says; raises StaleError where they are of another task than it judges."""
    from mlops.ml.evaluation.studies import costs

    if predictions.task != params.task:
        sentence = f"the predictions are {predictions.task} but the gate judges {params.task}"
        raise StaleError(f"{name}: {sentence}", hint="a change of the task is a new pipeline: give it a new name")
    return costs.priced(predictions, params.cost)


def _judged(run: Run) -> str:
    """Name the predictions that the recorded verdict is about."""
    return str(GateReport.parse((run.place / "reports/gate.json").read_bytes()).predictions)


def _bundle(run: Run) -> str | None:
    """Name the bundle that the run made; None where its gate let none through."""
    from mlops.operations.live.bundles import reported

    return reported(run.root, run.name).digest
