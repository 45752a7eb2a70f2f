"""The end of the page: data, split, lineage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops.ml.evaluation.report.words import count, figure, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops.ml.evaluation.report.documents import Document

_COLUMNS = ("name", "type", "nulls", "distinct", "min", "mean", "max")


@dataclass(frozen=True)
class Check:
    """One check of the data."""

    verdict: str
    name: str
    column: str
    message: str


@dataclass(frozen=True)
class Data:
    """What validate found."""

    facts: tuple[tuple[str, str], ...]
    attention: tuple[Check, ...]
    checks: tuple[Check, ...]
    columns: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Part:
    """One part of the split, its share in per cent."""

    name: str
    rows: str
    share: float
    entities: str
    target: str


def data(document: Document) -> Data | None:
    """Summarise the checks; None if there is no report."""
    if not document:
        return None
    checks = tuple(_check(item) for item in document.get("checks", ()))
    attention = tuple(check for check in checks if check.verdict != "pass")
    columns = document.get("columns", ())
    facts = (
        ("Rows", count(document.get("rows"))),
        ("Columns", count(len(columns))),
        ("Checks passed", f"{len(checks) - len(attention):,} of {len(checks):,}"),
        *_balance(document.get("target") or {}),
    )
    return Data(facts, attention, checks, tuple(_column(item) for item in columns))


def _check(item: Document) -> Check:
    verdict = "pass" if item.get("passed") else "fail" if item.get("severity") == "block" else "inconclusive"
    return Check(verdict, item.get("name", ""), item.get("column") or "", item.get("message") or "")


def _balance(target: Document) -> Sequence[tuple[str, str]]:
    """Say how the target is spread."""
    classes = target.get("classes")
    if not classes:
        return [("Target mean", figure(target["mean"]))] if "mean" in target else []
    total = sum(item["rows"] for item in classes) or 1
    rare = min(classes, key=lambda item: (item["rows"], str(item["label"])))
    words = f"{len(classes)}, rarest {rare['label']} ({rare['rows'] / total:.1%})"
    return [("Target classes", words)]


def _column(item: Document) -> tuple[str, ...]:
    return tuple(_cell(item.get(name)) for name in _COLUMNS)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return count(value) if isinstance(value, int) else figure(value) if isinstance(value, float) else str(value)


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
        return plural(len(classes), "class").replace("classs", "classes")
    return " · ".join(f"{item['label']}: {item['share']:.1%}" for item in classes)


def lineage(gate: Document, metrics: Document, source: Document) -> tuple[tuple[str, str], ...]:
    """Name everything that went into the verdict by its digest."""
    inputs = metrics.get("inputs", {})
    listed = (
        ("Data", source.get("source")),
        ("Test rows", inputs.get("test.parquet")),
        ("Transform", inputs.get("transform.json")),
        ("Model", inputs.get("model.onnx")),
        ("Predictions", gate["predictions"]),
        ("Champion", gate["champion"] or "none"),
    )
    return tuple((name, digest or "missing") for name, digest in listed)
