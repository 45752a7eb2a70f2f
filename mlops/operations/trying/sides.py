"""A run that is compared: a trial that is kept here, or what a commit recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.documents.data import DataReport
from mlops.documents.figures import Figure
from mlops.documents.metrics import MetricsReport
from mlops.documents.run_comparison import Side
from mlops.documents.split import PartReport, SplitReport
from mlops.documents.training import CandidateReport, TrainingReport
from mlops.errors import ConfigurationError, InfrastructureError
from mlops.files.plain_yaml import Values
from mlops.operations.dvc.get import get
from mlops.operations.git import commit_of, files_at
from mlops.operations.planning.documents import mapping
from mlops.operations.trying.results import find, scores, unknown
from mlops.operations.trying.stages import FEATURES, SPLIT

if TYPE_CHECKING:
    from mlops.ml.evaluation.predictions import Predictions

_REPORTS = tuple(f"reports/{name}.json" for name in ("data", "split", "training", "metrics"))


@dataclass(frozen=True)
class Run:
    """A run of a pipeline; figures are those of its test rows, of which a trial has none."""

    root: Path
    pipeline: str
    named: str
    parameters: Values
    data: str | None
    parts: Mapping[str, PartReport]
    chosen: str
    candidates: Mapping[str, CandidateReport]
    commit: str | None = None
    """The commit that recorded it; a trial has none."""
    trial: str = ""
    tested: Mapping[str, Figure] = field(default_factory=dict)

    @property
    def side(self) -> Side:
        """What is said of it."""
        rows = {name: part.rows for name, part in self.parts.items() if part.rows is not None}
        return Side(name=self.named, data=self.data, rows=rows, candidate=self.chosen)

    @property
    def validated(self) -> dict[str, Figure]:
        """Its figures on validation, without intervals, as training recorded them."""
        known = self.candidates.get(self.chosen, CandidateReport()).validation
        return {metric: Figure(value=value) for metric, value in known.items()}

    def predictions(self, part: str, scratch: Path) -> Predictions | None:
        """Find what it said of the rows of a part; None where DVC has that no more."""
        from mlops.ml.evaluation.predictions import Predictions

        if self.commit is None:
            return Predictions.read(scores(self.root, self.pipeline, self.trial))
        if part == "test":
            whole = self._brought(scratch, "artifacts/evaluation")
            return Predictions.read(scratch / "artifacts/evaluation/predictions.parquet") if whole else None
        from mlops.operations.trying.validation import scored

        whole = self._brought(scratch, "artifacts/model", FEATURES, SPLIT)
        return scored(scratch, self.parameters) if whole else None

    def _brought(self, scratch: Path, *outputs: str) -> bool:
        """Bring outputs of its commit from DVC's cache or remote; where the remote does not answer, there are none."""
        try:
            return all(get(self.root, self.pipeline, path, str(self.commit), scratch / path) for path in outputs)
        except InfrastructureError:
            return False


def run_of(root: Path, name: str, what: str) -> Run:
    """Find a run: a trial by what it is called, else what a commit recorded.

    Raises:
        ConfigurationError: there is no such trial or commit, or the pipeline has no recorded run there.
    """
    if (trial := find(root, name, what)) is not None:
        return Run(
            root,
            name,
            f"trial {what}",
            parameters={**trial.parameters},
            data=trial.data,
            parts=trial.parts,
            chosen=trial.chosen,
            candidates=trial.candidates,
            trial=what,
        )
    try:
        commit = commit_of(root, what)
    except ConfigurationError as error:
        raise unknown(root, name, what) from error
    return _at(root, name, what, commit)


def _at(root: Path, name: str, what: str, commit: str) -> Run:
    folder = f"pipelines/{name}"
    params, *reports = (f"{folder}/{path}" for path in ("params.yaml", *_REPORTS))
    found = files_at(root, commit, [params, *reports])
    texts = [found.get(path, b"") for path in reports]
    try:
        data, split = DataReport.parse(texts[0]), SplitReport.parse(texts[1])
        training, metrics = TrainingReport.parse(texts[2]), MetricsReport.parse(texts[3])
    except ValueError as error:
        hint = "name a commit at which it had run: mlops history, git log"
        raise ConfigurationError(f"{name} has no recorded run at {what} ({commit[:8]})", hint=hint) from error
    return Run(
        root,
        name,
        what if commit.startswith(what) else f"{what} ({commit[:8]})",
        parameters=mapping(found.get(params), params),
        data=data.source,
        parts=split.parts,
        chosen=training.chosen or "",
        candidates=training.candidates,
        commit=commit,
        tested=metrics.candidate,
    )
