"""The end of the page: split, lineage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops.present.report.data import Check, check
from mlops.present.report.words import count, figure

if TYPE_CHECKING:
    from mlops.documents.gate import GateReport
    from mlops.documents.metrics import MetricsReport
    from mlops.present.report.documents import Document


@dataclass(frozen=True)
class Part:
    """One part of the split, its share in per cent."""

    name: str
    rows: str
    share: float
    entities: str
    target: str


def parts(split: Document) -> tuple[Part, ...]:
    """List the parts of the split with their sizes."""
    found = {name: part if isinstance(part, dict) else {"rows": part} for name, part in split.get("parts", {}).items()}
    total = sum(part.get("rows") or 0 for part in found.values()) or 1
    order = {"train": 0, "validation": 1, "test": 2}
    return tuple(
        Part(name, count(part.get("rows")), 100 * (part.get("rows") or 0) / total, _entities(part), _target(part))
        for name, part in sorted(found.items(), key=lambda item: (order.get(item[0], 3), item[0]))
    )


def _entities(part: Document) -> str:
    return count(part["entities"]) if part.get("entities") else ""


def _target(part: Document) -> str:
    target = part.get("target") or {}
    classes = target.get("classes")
    if not classes:
        return f"mean {figure(target['mean'])}" if "mean" in target else ""
    if len(classes) > 2:
        return f"{len(classes):,} classes"
    return " · ".join(f"{item['label']}: {item['share']:.1%}" for item in classes)


def leaks(split: Document) -> tuple[Check, ...]:
    """List what was looked for between the parts."""
    return tuple(check(item) for item in split.get("checks") or ())


def lineage(gate: GateReport, metrics: MetricsReport, split: Document, source: Document) -> tuple[tuple[str, str], ...]:
    """Name everything that went into the verdict by its digest."""
    inputs, found = metrics.inputs, split.get("parts", {})
    listed = [
        ("Data", source.get("source")),
        *((f"Rows of {name}", part["digest"]) for name, part in sorted(found.items()) if _digested(part)),
        ("Test rows", inputs.get("test.parquet")),
        ("Transform", inputs.get("transform.json")),
        ("Model", inputs.get("model.onnx")),
        ("Predictions", gate.predictions),
        ("Rules, before training", gate.registered),
    ]
    return tuple((name, digest or "missing") for name, digest in listed)


def _digested(part: object) -> bool:
    return isinstance(part, dict) and bool(part.get("digest"))
