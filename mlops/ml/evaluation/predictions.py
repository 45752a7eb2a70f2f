"""What several models said about the same rows, in memory and as a table.

The table carries its own facts (task, classes, number of rows, champion), so that a row or a column that went missing
on the way to the gate is noticed instead of judged around.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
import polars as pl

from mlops.documents.document import said
from mlops.documents.predictions import PredictionFacts
from mlops.errors import DataError
from mlops.files.figures import plural
from mlops.metrics import METRICS
from mlops.metrics.probabilities import decisions
from mlops.metrics.weighting import mean, undefined, weighted
from mlops.ml.data.parquet import ROW
from mlops.ml.evaluation.by_fold import averaged
from mlops.ml.evaluation.metrics import statistic
from mlops.ml.evaluation.row_losses import RowLosses
from mlops.ml.evaluation.slices import rank
from mlops.statistics.weights import effective

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from mlops.metrics.weighting import Statistic

_ALWAYS = ("candidate", "champion", "dummy", "simple")
PERSISTENCE: Literal["persistence"] = "persistence"  # of rows that are divided by time
IN_TIME: tuple[Literal["persistence", "ets", "theta"], ...] = (PERSISTENCE, "ets", "theta")
"""Baselines that know the past of each row; the latter two are of a forecast that asks for them."""
MODELS = (*_ALWAYS, *IN_TIME)
_SLICE = "slice_"
_UNDER = "candidate under "  # a perturbation of the rows
_DECISION = "decision_"
_TARGET, _GROUP, _SCALE, _WEIGHT, _FOLD = "target", "group", "scale", "weight", "fold"
_OWN = "own "  # what a metric of the pipeline's own gives each row
_FACTS = "mlops"
Value = TypeVar("Value")


@dataclass(frozen=True)
class Predictions:
    """Scores of every model on one set of rows, in order of `__row__`; arrays are [n] or, for k classes, [n, k]."""

    task: str
    rows: NDArray[np.int64]
    target: NDArray[Any]
    scores: Mapping[str, NDArray[Any]]
    slices: Mapping[str, NDArray[Any]]
    groups: NDArray[np.int64] | None = None
    classes: tuple[str, ...] = ()
    champion: str | None = None
    decisions: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    """Decided classes [n] by model, where they are not simply the likeliest ones."""
    values: tuple[tuple[float, ...], ...] | None = None
    """What a row is worth, [true class][decided class]."""
    scale: NDArray[np.float64] | None = None
    """What the error of each forecast [n] is measured in; NaN where that is unknown."""
    own: Mapping[str, RowLosses] = field(default_factory=dict)
    """What metrics of the pipeline's own give each row, by metric."""
    weights: NDArray[np.float64] | None = None
    """How much each row counts ([n], above 0), where not all count alike."""
    folds: NDArray[np.int64] | None = None
    """The fold of each row [n], where each was scored by the member that has not seen it."""

    def __len__(self) -> int:
        return len(self.target)

    def statistic(self, metric: str, model: str, rows: NDArray[np.int64] | None = None) -> Statistic:
        """Prepare a metric of one model, on all rows or on some; raises KeyError if either is not there.

        Scores of several members have no common order: of folds, what ranks rows is measured in each, and averaged.
        """
        rows = np.arange(len(self)) if rows is None else rows
        return weighted(self._unweighted(metric, model, rows), None if self.weights is None else self.weights[rows])

    def _unweighted(self, metric: str, model: str, rows: NDArray[np.int64]) -> Statistic:
        if metric == "mase" and self.scale is not None:
            scale = self.scale[rows]
            return statistic(metric, self.target[rows] / scale, self.scores[model][rows] / scale)
        if metric in self.own:
            found = self.own[metric].values.get(model)
            return undefined if found is None or not len(rows) else mean(found[rows])
        if self.task not in METRICS[metric].tasks:
            raise KeyError(metric)
        if self.folds is not None and METRICS[metric].of == "scores":
            target, score = self.target[rows], self.scores[model][rows]
            return averaged(self.folds[rows], lambda each: statistic(metric, target[each], score[each]))
        chosen = self.decisions[model][rows] if model in self.decisions else None
        values = None if self.values is None else np.array(self.values)
        return statistic(metric, self.target[rows], self.scores[model][rows], chosen, values)

    def size(self, rows: NDArray[np.int64] | None = None) -> int:
        """Count rows by what they are worth, where they do not count alike: what a minimum of rows is asked of."""
        if self.weights is None:
            return len(self) if rows is None else len(rows)
        return int(effective(self.weights if rows is None else self.weights[rows], 0))

    @property
    def score(self) -> NDArray[Any]:
        """The candidate's scores."""
        return self.scores[MODELS[0]]

    def decided(self, model: str) -> NDArray[np.int64]:
        """Give the decided classes of a model."""
        return self.decisions[model] if model in self.decisions else decisions(self.scores[model])

    def under(self, perturbation: str | None) -> Predictions:
        """Take the candidate's scores on perturbed rows for its own, and call those on the rows as they are `clean`."""
        if perturbation is None:
            return self
        own = {
            name: RowLosses(_turned(found.values, perturbation), _turned(found.problems, perturbation))
            for name, found in self.own.items()
        }
        scores, decisions = _turned(self.scores, perturbation), _turned(self.decisions, perturbation)
        return replace(self, scores=scores, decisions=decisions, own=own)

    def take(self, rows: NDArray[np.int64]) -> Predictions:
        """Keep some rows, by position."""
        return replace(
            self,
            rows=self.rows[rows],
            target=self.target[rows],
            scores={model: score[rows] for model, score in self.scores.items()},
            slices={by: labels[rows] for by, labels in self.slices.items()},
            groups=None if self.groups is None else self.groups[rows],
            decisions={model: chosen[rows] for model, chosen in self.decisions.items()},
            scale=None if self.scale is None else self.scale[rows],
            weights=None if self.weights is None else self.weights[rows],
            folds=None if self.folds is None else self.folds[rows],
            own={
                name: RowLosses({model: values[rows] for model, values in found.values.items()}, found.problems)
                for name, found in self.own.items()
            },
        )

    def with_perturbed(self, scores: Mapping[str, NDArray[Any]]) -> Predictions:
        """Add the candidate's scores on perturbed rows, by perturbation."""
        return replace(self, scores={**self.scores, **{f"{_UNDER}{name}": score for name, score in scores.items()}})

    def slice_rows(self, by: str) -> dict[str, NDArray[np.int64]]:
        """Find the rows of every slice of a column, by label in order; raises KeyError if it was not sliced."""
        labels = self.slices[by]
        return {str(label): np.flatnonzero(labels == label) for label in sorted(set(labels.tolist()), key=rank)}

    def write(self, path: Path) -> None:
        """Write the table that `read` reads."""
        groups = _null(len(self), pl.Int64) if self.groups is None else pl.Series(self.groups, dtype=pl.Int64)
        columns = {ROW: pl.Series(self.rows), _TARGET: _target(self.task, self.target), _GROUP: groups}
        columns |= {f"{_SLICE}{by}": pl.Series(labels, dtype=pl.String) for by, labels in self.slices.items()}
        perturbed = sorted(name for name in self.scores if name.startswith(_UNDER))
        timed = [name for name in IN_TIME if name in self.scores]
        columns |= {model: self._column(model) for model in (*_ALWAYS, *timed, *perturbed)}
        columns |= {
            f"{_DECISION}{model}": pl.Series(chosen, dtype=pl.Int32) for model, chosen in self.decisions.items()
        }
        columns |= {
            f"{_OWN}{metric} of {model}": pl.Series(values, dtype=pl.Float64)
            for metric, found in self.own.items()
            for model, values in found.values.items()
        }
        if self.scale is not None:
            columns |= {_SCALE: pl.Series(self.scale, dtype=pl.Float64)}
        if self.weights is not None:
            columns |= {_WEIGHT: pl.Series(self.weights, dtype=pl.Float64)}
        if self.folds is not None:
            columns |= {_FOLD: pl.Series(self.folds, dtype=pl.UInt8)}
        facts = json.dumps(said(self._facts), sort_keys=True)
        pl.DataFrame(columns).write_parquet(path, metadata={_FACTS: facts})

    @property
    def _facts(self) -> PredictionFacts:
        own = {
            metric: {model: found.problems.get(model, "") for model in (*found.values, *found.problems)}
            for metric, found in self.own.items()
        }
        return PredictionFacts(
            task=self.task,
            rows=len(self),
            classes=self.classes,
            champion=self.champion,
            **({"own": own} if own else {}),
            **({} if self.values is None else {"values": self.values}),
            **({} if self.scale is None else {"scaled": True}),
            **({} if self.weights is None else {"weighted": True}),
            **({} if self.folds is None else {"folds": int(self.folds.max(initial=-1)) + 1}),
        )

    def _column(self, model: str) -> pl.Series:
        width = len(self.classes) if self.task == "multiclass" else 0
        kind = pl.Array(pl.Float32, width) if width else pl.Float64()
        if model not in self.scores:
            return _null(len(self), kind)
        score = self.scores[model]
        return pl.Series(score.astype(np.float32) if width else score.astype(np.float64), dtype=kind)

    @classmethod
    def read(cls, path: Path) -> Predictions:
        """Read what `write` wrote; raises DataError if it is absent, damaged or not whole."""
        try:
            frame = pl.read_parquet(path)
            facts = PredictionFacts.model_validate_json(pl.read_parquet_metadata(path)[_FACTS])
        except (OSError, pl.exceptions.PolarsError, KeyError, ValueError) as error:
            raise DataError(f"{path.name} cannot be read as predictions", hint="mlops stage evaluate") from error
        more = {_SCALE: facts.scaled, _WEIGHT: facts.weighted, _FOLD: bool(facts.folds)}
        needed = {ROW, _TARGET, _GROUP, *(name for name, there in more.items() if there)}
        missing = sorted(needed - set(frame.columns))
        if not missing and facts.weighted and (bad := frame.height - int((frame[_WEIGHT] > 0).sum())):
            missing = [f"{plural(bad, 'value')} of weight"]
        if not missing and (unknown := frame[_TARGET].null_count()):
            missing = [f"{plural(unknown, 'value')} of target"]
        if missing or frame.height != facts.rows or frame[ROW].n_unique() != frame.height:
            what = f"lost {', '.join(missing)}" if missing else f"has {frame.height:,} rows of {facts.rows:,}"
            raise DataError(f"{path.name} is not whole: it {what}", hint="mlops stage evaluate")
        return cls._parse(frame.sort(ROW), facts)

    @classmethod
    def _parse(cls, frame: pl.DataFrame, facts: PredictionFacts) -> Predictions:
        slices = {
            name.removeprefix(_SLICE): frame[name].fill_null("missing").to_numpy()
            for name in frame.columns
            if name.startswith(_SLICE)
        }
        models = (*MODELS, *(name for name in frame.columns if name.startswith(_UNDER)))
        present = [model for model in models if model in frame.columns and frame[model].null_count() < frame.height]
        return cls(
            task=facts.task,
            rows=frame[ROW].to_numpy(),
            target=frame[_TARGET].to_numpy(),
            scores={model: _score(frame[model]) for model in present},
            slices=slices,
            groups=None if frame[_GROUP].null_count() else frame[_GROUP].to_numpy(),
            classes=facts.classes,
            champion=facts.champion,
            decisions=_decided(frame, facts, present),
            values=facts.values,
            scale=_score(frame[_SCALE]) if facts.scaled else None,
            own=_own(frame, facts),
            weights=frame[_WEIGHT].to_numpy() if facts.weighted else None,
            folds=frame[_FOLD].cast(pl.Int64).to_numpy() if facts.folds else None,
        )


def _own(frame: pl.DataFrame, facts: PredictionFacts) -> dict[str, RowLosses]:
    """Read what metrics of the pipeline's own give; whatever is said to be there is there for every row."""
    own: dict[str, RowLosses] = {}
    for metric, models in facts.own.items():
        columns = {model: f"{_OWN}{metric} of {model}" for model, problem in models.items() if not problem}
        lost = [name for name in columns.values() if name not in frame.columns or frame[name].null_count()]
        if lost:
            raise DataError(f"the predictions are not whole: they lost {', '.join(lost)}", hint="mlops stage evaluate")
        values = {model: frame[name].to_numpy() for model, name in columns.items()}
        own[metric] = RowLosses(values, {model: problem for model, problem in models.items() if problem})
    return own


def _turned(found: Mapping[str, Value], perturbation: str) -> dict[str, Value]:
    """Put what the candidate gives for perturbed rows in its own place, and what it gives otherwise beside it."""
    ours, *others = MODELS
    places = {**{name: name for name in others}, "clean": ours, ours: f"{_UNDER}{perturbation}"}
    return {place: found[name] for place, name in places.items() if name in found}


def _decided(frame: pl.DataFrame, facts: PredictionFacts, models: list[str]) -> dict[str, NDArray[np.int64]]:
    """Read decisions; where decisions have a value, every model has one for every row."""
    if facts.values is None:
        return {}
    columns = [f"{_DECISION}{model}" for model in models]
    if lost := [name for name in columns if name not in frame.columns or frame[name].null_count()]:
        raise DataError(f"the predictions are not whole: they lost {', '.join(lost)}", hint="mlops stage evaluate")
    return {model: frame[name].to_numpy().astype(np.int64) for model, name in zip(models, columns, strict=True)}


def _target(task: str, target: NDArray[Any]) -> pl.Series:
    return pl.Series(target, dtype=pl.Float64 if task == "regression" else pl.Int32)


def _null(rows: int, kind: Any) -> pl.Series:
    return pl.Series([None] * rows, dtype=kind)


def _score(column: pl.Series) -> NDArray[Any]:
    """Read scores; a null row becomes NaN, so that it is never left out in silence."""
    if isinstance(column.dtype, pl.Array):
        width = column.dtype.size
        return np.array([[np.nan] * width if row is None else row for row in column.to_list()], dtype=np.float64)
    return column.cast(pl.Float64).fill_null(float("nan")).to_numpy()
