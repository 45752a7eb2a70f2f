"""What a page says of a model beside its figures: what it is for, whose it is, of which data, what codes mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, Field

from mlops.documents.data import DataReport
from mlops.documents.gate import GateReport
from mlops.documents.metrics import MetricsReport
from mlops.documents.split import SplitReport
from mlops.documents.training import TrainingReport
from mlops.present.period import period
from mlops.present.report.words import count

_SHORT = 19  # letters of a digest: `sha256:` and twelve


class About(BaseModel, frozen=True, extra="forbid"):
    """What the configuration says; `source` names the file, `recorded` its day, `labels` go by column and code."""

    description: str = ""
    owners: tuple[str, ...] = ()
    risk: str = ""
    target: str = ""
    source: str = ""
    recorded: str = ""
    labels: dict[str, dict[str, str]] = Field(default_factory=dict)

    def label(self, column: str, code: str) -> str:
        """Say what a code means; that of several columns together is taken apart, an unknown one stays.

        >>> About(labels={"black": {"0": "no"}}).label("black+age", "0+7")
        'no+7'
        """
        columns, codes = column.split("+"), code.split("+")
        if len(columns) != len(codes):
            return code
        return "+".join(self.labels.get(name, {}).get(each, each) for name, each in zip(columns, codes, strict=True))


UNKNOWN = About()
"""Of a page that is made of a verdict alone."""


@dataclass(frozen=True)
class Header:
    """The top of the page: a sentence, facts by name, and what the other models are that figures stand beside."""

    description: str
    facts: tuple[tuple[str, str], ...]
    where: str
    models: tuple[tuple[str, str], ...]


def header(
    about: About,
    gate: GateReport,
    metrics: MetricsReport,
    learnt: TrainingReport,
    data: DataReport | None,
    split: SplitReport,
) -> Header:
    """Say what the model is; what is not known is left out."""
    classes = [about.label(about.target, name) for name in metrics.classes or ()]
    few = [" or ".join(classes)] if 1 < len(classes) <= 3 else []
    target = ": ".join([*filter(None, [about.target]), *few])
    facts = (
        ("Predicts", target),
        ("Task", metrics.task),
        ("Owners", ", ".join(about.owners)),
        ("Risk", about.risk),
        ("Judged on", "" if metrics.rows is None else f"{count(metrics.rows)} test rows"),
        ("Data", _data(about, data, split)),
        ("Bundle", (gate.bundle or "")[:_SHORT]),
    )
    known = tuple((name, said) for name, said in facts if said)
    where = f"mlops why {gate.bundle}" if gate.bundle else ""
    return Header(about.description, known, where, tuple(_models(metrics, learnt).items()))


def _data(about: About, data: DataReport | None, split: SplitReport) -> str:
    said = [about.source, f"of {about.recorded}" if about.recorded else ""]
    rows = "" if data is None or data.rows is None else f"{count(data.rows)} rows"
    digest = "" if data is None or not data.source else data.source[:_SHORT]
    return ", ".join(word for word in (" ".join(filter(None, said)), rows, period(data, split), digest) if word)


def _models(metrics: MetricsReport, learnt: TrainingReport) -> Mapping[str, str]:
    """Explain the models that are there."""
    forecast = metrics.forecast is not None
    number = metrics.task == "regression"
    told = {
        "candidate": f"what this run trained and chose{f', {learnt.chosen}' if learnt.chosen else ''}",
        "champion": "the model that is live now, on the same rows",
        "simple": "the value one season ago"
        if forecast
        else f"a plain {'ridge' if number else 'logistic'} regression on the same columns: is more than a line needed?",
        "ets": "exponential smoothing of each series by itself, of the form that AICc chooses",
        "theta": "the theta method, of each series by itself",
        "persistence": "as it was the last time, for each thing by itself where there are several",
        "dummy": "the last value"
        if forecast
        else f"one answer for every row, {'the mean' if number else 'the shares'} of training: is anything learnt?",
    }
    return {name: said for name, said in told.items() if name in metrics.models}
