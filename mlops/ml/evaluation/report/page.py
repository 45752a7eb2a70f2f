"""The page as text: every document becomes a typed view, and one template prints the views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from mlops.ml.evaluation.report import evaluation, origins, verdict
from mlops.ml.evaluation.report.charts import HEIGHT, WIDTH
from mlops.ml.evaluation.report.documents import Documents
from mlops.ml.evaluation.report.words import count

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mlops.ml.evaluation.report.charts import Plot
    from mlops.ml.evaluation.report.documents import Document
    from mlops.ml.evaluation.report.evaluation import CandidateRow, Confusion, Forest
    from mlops.ml.evaluation.report.origins import Data, Part
    from mlops.ml.evaluation.report.verdict import Banner, RuleRow, Tile


@dataclass(frozen=True)
class Page:
    """Everything the template prints."""

    pipeline: str
    subtitle: str
    banner: Banner
    method: str
    rules: tuple[RuleRow, ...]
    tiles: tuple[Tile, ...]
    models: tuple[Forest, ...]
    plots: tuple[Plot, ...]
    confusion: Confusion | None
    slices: tuple[Forest, ...]
    sliced: bool
    select_by: str
    candidates: tuple[CandidateRow, ...]
    learning: tuple[Plot, ...]
    data: Data | None
    split_by: str
    parts: tuple[Part, ...]
    lineage: tuple[tuple[str, str], ...]


def render(pipeline: str, gate: Document, reports: Path, better: Mapping[str, bool]) -> str:
    """Print the page about a verdict; `better` says of which metrics more is better."""
    return _print(view(pipeline, gate, Documents.read(reports), better))


def view(pipeline: str, gate: Document, documents: Documents, better: Mapping[str, bool]) -> Page:
    """Decide everything that the page says."""
    metrics, training, split = documents.metrics, documents.training, documents.split
    names = verdict.ordered(gate, metrics)
    return Page(
        pipeline=pipeline,
        subtitle=_subtitle(metrics, training),
        banner=verdict.banner(gate),
        method=gate["method"],
        rules=verdict.rule_rows(gate),
        tiles=verdict.tiles(names, metrics),
        models=evaluation.compared(names, metrics, better),
        plots=evaluation.plots(documents.plots),
        confusion=evaluation.confusion(documents.plots.get("confusion", ()), metrics.get("classes") or ()),
        slices=evaluation.sliced(names, metrics, gate),
        sliced=bool(metrics.get("slices")) or not metrics,
        select_by=training.get("select_by", ""),
        candidates=evaluation.candidates(training),
        learning=evaluation.learning(documents.history),
        data=origins.data(documents.data),
        split_by=" ".join(str(split[key]) for key in ("by", "key") if split.get(key)),
        parts=origins.parts(split),
        lineage=origins.lineage(gate, metrics, documents.data),
    )


def _subtitle(metrics: Document, training: Document) -> str:
    words = [metrics.get("task"), training.get("chosen")]
    rows = f"judged on {count(metrics['rows'])} test rows" if "rows" in metrics else None
    return " · ".join(word for word in (*words, rows) if word)


def _print(page: Page) -> str:
    environment = Environment(
        loader=PackageLoader("mlops.ml.evaluation.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html").render(page=page, width=WIDTH, height=HEIGHT)
