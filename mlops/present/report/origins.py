"""The end of the page: split, digests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mlops.documents.checks import Balance
from mlops.documents.data import DataReport
from mlops.documents.gate import GateReport
from mlops.documents.metrics import MetricsReport
from mlops.documents.split import JUDGED, PartReport, SplitReport
from mlops.present.report.about import About
from mlops.present.report.data import Check, check
from mlops.present.report.words import count, figure


@dataclass(frozen=True)
class Part:
    """One part of the split, its share in per cent."""

    name: str
    rows: str
    share: float
    entities: str
    target: str


def divided(split: SplitReport) -> str:
    """Say how rows were divided.

    >>> divided(SplitReport(by="group", key="person")), divided(SplitReport(by="stratified"))
    ('by group of person', 'row by row, each class alike')
    """
    if split.by in ("group", "time"):
        return f"by group of {split.key}" if split.by == "group" else f"by time, in the order of {split.key}"
    return {"random": "row by row", "stratified": "row by row, each class alike"}.get(split.by or "", "")


def parts(split: SplitReport, about: About) -> tuple[Part, ...]:
    """List the parts of the split with their sizes."""
    total = sum(part.rows or 0 for part in split.parts.values()) or 1
    order = {"train": 0, "validation": 1, "test": 2}
    return tuple(
        Part(name, count(part.rows), 100 * (part.rows or 0) / total, _entities(part), _target(part.target, about))
        for name, part in sorted(split.parts.items(), key=lambda item: (order.get(item[0], 3), len(item[0]), item[0]))
    )


def note(split: SplitReport) -> str:
    """Say which models the evidence is about, where there are several; nothing of one."""
    if split.folds is None:
        return ""
    learnt = f"each of {split.folds} members learnt from {split.folds - 2} folds and was stopped by one"
    return f"{learnt}; {JUDGED}"


def _entities(part: PartReport) -> str:
    return count(part.entities) if part.entities else ""


def _target(target: Balance | None, about: About) -> str:
    if target is None or not target.classes:
        return "" if target is None or target.mean is None else f"mean {figure(target.mean)}"
    if len(target.classes) > 2:
        return f"{len(target.classes):,} classes"
    return " · ".join(
        f"{about.label(about.target, str(item.label))}: {item.share or 0.0:.1%}" for item in target.classes
    )


def leaks(split: SplitReport) -> tuple[Check, ...]:
    """List what was looked for between the parts."""
    return tuple(check(item) for item in split.checks)


def lineage(
    gate: GateReport, metrics: MetricsReport, split: SplitReport, source: DataReport | None
) -> tuple[tuple[str, str], ...]:
    """Name everything that went into the verdict by its digest."""
    inputs, found = metrics.inputs, split.parts
    listed = [
        ("Data", None if source is None else source.source),
        *(_sources(source) if source is not None else ()),
        *((f"Rows of {name}", part.digest) for name, part in sorted(found.items()) if part.digest),
        ("Test rows", inputs.get("test.parquet")),
        ("Transform", inputs.get("transform.json")),
        ("Model", inputs.get("model.onnx")),
        ("Bundle", gate.bundle),
        ("Predictions", gate.predictions),
        ("Rules, before training", gate.registered),
    ]
    return tuple((name, digest or "missing") for name, digest in listed)


def _sources(data: DataReport) -> Iterator[tuple[str, str]]:
    """Name the files of an official test set, and those of all other rows."""
    if data.test is not None:
        yield "Files of the test set", data.test.digest
        yield "Files of all other rows", data.test.others
