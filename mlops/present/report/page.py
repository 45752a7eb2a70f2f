"""The page as text: every document becomes a typed view, and one template prints the views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mlops.documents.gate import GateReport
from mlops.ml.evaluation.judging.names import called
from mlops.present.html import html
from mlops.present.report import behaviour, data, models, origins, training, verdict
from mlops.present.report.about import UNKNOWN, About, Header, header
from mlops.present.report.backtest import Backtest, backtest
from mlops.present.report.behaviour import Confusion
from mlops.present.report.calibration import Calibration, calibration
from mlops.present.report.charts import HEIGHT, WIDTH, Plot
from mlops.present.report.data import Check, Data
from mlops.present.report.decision import DecisionSection, decision
from mlops.present.report.discovered import discovered
from mlops.present.report.documents import Documents
from mlops.present.report.ensemble import EnsembleSection, ensemble
from mlops.present.report.fairness import Fairness, fairness
from mlops.present.report.forests import Forest
from mlops.present.report.importance import ImportanceSection, importance
from mlops.present.report.lineage import Drawing, drawing
from mlops.present.report.origins import Part
from mlops.present.report.pictures import PictureSection, pictures
from mlops.present.report.residuals import residuals
from mlops.present.report.robustness import robustness
from mlops.present.report.serving import Serving, serving
from mlops.present.report.training import CandidateRow
from mlops.present.report.tuning import Tuning, tuning
from mlops.present.report.verdict import Banner, RuleRow, Tile
from mlops.present.taught import taught

_FORESTS = 6  # metrics that are drawn; the others are a table


@dataclass(frozen=True)
class Page:
    """Everything the template prints; what is None or empty has no section."""

    pipeline: str
    header: Header
    banner: Banner
    method: str
    rules: tuple[RuleRow, ...]
    tiles: tuple[Tile, ...]
    models: tuple[Forest, ...]
    other_models: tuple[Forest, ...]
    plots: tuple[Plot, ...]
    confusion: Confusion | None
    residuals: tuple[Forest, ...]
    calibration: Calibration | None
    decision: DecisionSection | None
    slices: tuple[Forest, ...]
    sliced: bool
    discovered: Forest | None
    pictures: tuple[PictureSection, ...]
    fairness: tuple[Fairness, ...]
    robustness: tuple[Forest, ...]
    importance: ImportanceSection | None
    select_by: str
    candidates: tuple[CandidateRow, ...]
    taught: str
    dropped: tuple[tuple[str, str], ...]
    calibrated: str
    backtest: Backtest | None
    learning_curve: Plot | None
    tuning: Tuning | None
    optimism: str
    ensemble: EnsembleSection | None
    epochs: tuple[Plot, ...]
    serving: Serving | None
    data: Data | None
    split_by: str
    split_note: str
    entity: str
    parts: tuple[Part, ...]
    leaks: tuple[Check, ...]
    lineage: tuple[tuple[str, str], ...]
    drawing: Drawing

    @property
    def index(self) -> tuple[tuple[str, str], ...]:
        """Name the sections that are there: (anchor, title)."""
        known = (
            ("rules", "Rules", True),
            ("models", "Models", True),
            ("behaviour", "Behaviour", True),
            ("calibration", "Calibration", self.calibration),
            ("decisions", "Decisions", self.decision),
            ("slices", "Slices", self.sliced or self.discovered),
            ("pictures", "Pictures", self.pictures),
            ("fairness", "Fairness", self.fairness),
            ("robustness", "Robustness", self.robustness),
            ("importance", "Importance", self.importance),
            ("training", "Training", True),
            ("serving", "Serving", self.serving),
            ("data", "Data", True),
            ("lineage", "Lineage", True),
        )
        return tuple((anchor, title) for anchor, title, there in known if there)


def render(pipeline: str, gate: GateReport, reports: Path, better: Mapping[str, bool], about: About = UNKNOWN) -> str:
    """Print the page about a verdict; `better` says of which metrics more is better, `about` what the model is."""
    page = view(pipeline, gate, Documents.read(reports), better, about)
    return html("mlops.present.report", "report.html", page=page, width=WIDTH, height=HEIGHT)


def view(
    pipeline: str, gate: GateReport, documents: Documents, better: Mapping[str, bool], about: About = UNKNOWN
) -> Page:
    """Decide everything that the page says."""
    metrics, learnt, split = documents.metrics, documents.training, documents.split
    names, drawn, select_by = verdict.ordered(gate, metrics), documents.plots, documents.training.select_by
    compared = models.compared(names, metrics, better)
    important = [] if metrics.importance is None else [item.column for item in metrics.importance.columns]
    digests = origins.lineage(gate, metrics, split, documents.data)
    return Page(
        pipeline=pipeline,
        header=header(about, gate, metrics, learnt, documents.data, split),
        banner=verdict.banner(gate, about),
        method=gate.method,
        rules=verdict.rule_rows(gate, about),
        tiles=verdict.tiles(names, metrics),
        models=compared[:_FORESTS],
        other_models=compared[_FORESTS:],
        plots=behaviour.plots(drawn),
        confusion=behaviour.confusion(drawn.get("confusion", ()), metrics, about),
        residuals=residuals(metrics),
        calibration=calibration(metrics, drawn.get("calibration", ()), about),
        decision=decision(metrics, drawn.get("value", ())),
        slices=models.sliced(names, metrics, gate, about),
        sliced=bool(metrics.slices) or not metrics.models,
        discovered=discovered(metrics, about),
        pictures=pictures(metrics, about),
        fairness=fairness(gate, about),
        robustness=robustness(names, metrics, gate),
        importance=importance(metrics, documents.explanations),
        select_by=called(select_by) if select_by else "",
        candidates=training.candidates(learnt),
        dropped=tuple(sorted(learnt.dropped.items())),
        taught=taught(learnt, split),
        calibrated="" if learnt.calibration is None else learnt.calibration.sentence,
        backtest=backtest(learnt),
        learning_curve=training.learning_curve(documents.learning_curve, select_by),
        tuning=tuning(documents.tuning),
        optimism="" if learnt.optimism is None else learnt.optimism.sentence(called(select_by)),
        ensemble=ensemble(learnt.ensemble, select_by),
        epochs=training.epochs(documents.history, select_by, documents.tuning.best if documents.tuning else ()),
        serving=serving(documents.serving),
        data=data.data(documents.data, about, important),
        split_by=origins.divided(split),
        entity=split.entity or "",
        split_note=origins.note(split),
        parts=origins.parts(split, about),
        leaks=origins.leaks(split),
        lineage=digests,
        drawing=drawing({name: digest for name, digest in digests if digest != "missing"}, gate.verdict),
    )
