"""The live model as a candidate's opponent: fetched, and asked about the candidate's own test rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.documents.metrics import MetricsReport
from mlops.errors import DataError, Inconclusive, InfrastructureError, IntegrityError
from mlops.files.plain_yaml import Values, parse

if TYPE_CHECKING:
    import polars as pl

    from mlops.documents.serving import ServingReport
    from mlops.ml.evaluation.judging.gate import Opponent
    from mlops.ml.evaluation.predictions import Predictions
    from mlops.stages.gate import Params


@dataclass(frozen=True)
class Run:
    """A recorded run: the repository, the pipeline, and the folder with its lock, artifacts, reports and params."""

    root: Path
    name: str
    place: Path

    @classmethod
    def here(cls, root: Path, name: str) -> Run:
        """The run in the work tree."""
        return cls(root, name, root / "pipelines" / name)

    def sections(self) -> Values:
        """Read the run's parameters by stage; raises InfrastructureError where it was never compiled."""
        path = self.place / "params.yaml"
        if not path.is_file():
            raise InfrastructureError(f"pipelines/{self.name}/params.yaml is missing", hint="mlops compile")
        return sections_of(path.read_bytes(), f"pipelines/{self.name}/params.yaml")

    @property
    def predictions(self) -> Path:
        """What `evaluate` wrote of every test row."""
        return self.place / "artifacts/evaluation/predictions.parquet"

    @property
    def test(self) -> Path:
        """The test rows."""
        return self.place / "artifacts/split/test.parquet"


def meet(
    run: Run,
    predictions: Predictions,
    params: Params,
    sections: Values,
    live: Path,
    digest: str,
    measured: ServingReport | None = None,
    home: Path | None = None,
) -> Opponent:
    """Ask the live model, whose bundle is in the folder `live`, about the test rows of a run.

    `sections` are the run's parameters by stage. What serving costs is measured where a rule asks for it, unless
    `measured` was measured of these two before. What the live model learnt from is looked up in `home`, or in the run's
    own repository.

    Raises:
        InfrastructureError: the test rows are not here.
        IntegrityError: the bundle is not what its digest says.
    """
    import polars as pl

    from mlops.bundle.predictor import Predictor
    from mlops.ml.evaluation.judging.gate import Opponent
    from mlops.operations.judging.champion_folds import unseen
    from mlops.operations.judging.learnt import unlearnt
    from mlops.stages.confronting import confronted, other_question
    from mlops.verdict import FAIL, INCONCLUSIVE

    if not run.test.is_file():
        hint = f"mlops fetch {run.name} brings them, or mlops run {run.name}"
        raise InfrastructureError(
            f"{run.name}: the test rows are not here, and the live model is asked about them", hint=hint
        )
    champion = Predictor.open(live, digest)
    if (sentence := other_question(predictions, champion)) is not None:
        return Opponent(digest, verdict=FAIL, sentence=sentence)
    test = judged_rows(pl.read_parquet(run.test).sort("__row__"), predictions, run)
    validated, evaluated = sections.get("validate") or {}, sections.get("evaluate") or {}
    known = (home or run.root, run.name, digest, run.place, test, validated.get("keys") or (), evaluated.get("group"))
    members = None
    try:
        if champion.model.folds:
            found = unseen(*known, champion.model.folds)
            members, kept = found.members, found.kept
        both = confronted(predictions, champion, digest, test, params.own, (run.root, run.name), members)
        kept = unlearnt(*known) if members is None else kept
    except DataError as error:
        return Opponent(digest, verdict=FAIL, sentence=f"the live model cannot be asked: {error.message}")
    except Inconclusive as error:
        return Opponent(digest, verdict=INCONCLUSIVE, sentence=error.message)
    return Opponent(
        digest,
        both.take(kept),
        _serving(run, params, sections, live, digest, measured),
        len(predictions) - len(kept),
    )


def judged_rows(test: pl.DataFrame, predictions: Predictions, run: Run) -> pl.DataFrame:
    """Leave out the test rows that a run left out because a server would refuse them; as many as it says, or none."""
    kept = test.filter(test["__row__"].is_in(predictions.rows))
    measured = MetricsReport.read(run.place / "reports/metrics.json")
    refused = 0 if measured is None else sum(item.rows for item in measured.refused)
    return kept if kept.height + refused == test.height else test


def _serving(
    run: Run, params: Params, sections: Values, live: Path, digest: str, measured: ServingReport | None
) -> ServingReport | None:
    """Measure candidate and live model in turns, where a rule compares what they cost."""
    from mlops.ml.evaluation.judging.gate import Reports

    if not any(rule.against == "champion" for rule in params.serving):
        return None
    inputs = Reports.read(run.place / "reports").inputs or {}
    if (
        measured is not None
        and measured.champion == digest
        and measured.inputs == {key: inputs.get(key) for key in ("model.onnx", "transform.json")}
    ):
        return measured
    from mlops.stages import measure
    from mlops.stages.context import StageContext

    section = sections.get("measure") or {}
    context = StageContext(run.place, run.name, "measure", section)
    return measure.measured(context, measure.Params.model_validate(section), {digest: live})


def sections_of(data: bytes, shown: str) -> Values:
    """Read a params.yaml by stage; raises IntegrityError where it is none."""
    value = parse(data, shown)
    if not isinstance(value, dict):
        raise IntegrityError(f"{shown} is damaged", hint="mlops compile")
    return value
