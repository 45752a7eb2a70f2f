"""The part of the reference page about kinds: what each is, its tasks, its good side, its keys and defaults."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from math import isinf
from typing import TypeAlias

from mlops.backends.backend import Backend
from mlops.gate_rules.rule_kind import RuleKind, Section
from mlops.kinds.kind import Kind
from mlops.metrics.metric import Metric
from mlops.operations.language.kinds import SLICES
from mlops.perturbations.perturbation import Perturbation
from mlops.present.markdown.text import cell, table
from mlops.transforms.transform import Imputation, Scaling, Selecting

Columns: TypeAlias = Iterator[tuple[str, str]]
"""What is told of a kind, by the head of its column."""

_WRITTEN: Mapping[Section, str] = {"rules": "fairness", "serving": "metric", "data": "data"}
"""The key of a rule that names a kind, by the section that judges it."""

_OF_FEATURES: Mapping[type[Kind], str] = {
    Imputation: "{{numeric: {{impute: {}}}}}",
    Scaling: "{{numeric: {{scale: {}}}}}",
    Selecting: "{{select: {{by: {}, ...}}}}",
}


def lines(link: Callable[[str], str]) -> Iterator[str]:
    """Give the tables, a slice each; `link` spells the name of a block, as a link where the page has it.

    A column in which no kind of a slice says anything is left out.
    """
    for name, kinds in SLICES.items():
        yield f"### {name}\n"
        said = [dict(chain(_told(kind), _keys(kind, link))) for kind in kinds.values()]
        known = dict.fromkeys(head for row in said for head in row)
        heads = [head for head in known if any(row.get(head) for row in said)]
        rows = [[cell(row.get(head, "")) for head in heads] for row in said]
        yield "\n".join(table(heads, rows)) + "\n"


def _told(kind: Kind) -> Columns:
    yield "kind", f"`{kind.name}`"
    yield "what it is", " ".join(kind.title.split())
    match kind:
        case Metric():
            yield "tasks", _words(kind.tasks)
            yield "better", _better(kind.higher_is_better)
            yield "range", _range(kind.low, kind.high)
            yield "also called", _words(kind.also)
            yield "needs", f"`{kind.needs}`" if kind.needs else ""
        case Perturbation():
            yield "rows", "any" if kind.of == "both" else f"of `{kind.of}` features"
            yield "columns", {"numeric": "numbers", "text": "texts"}.get(kind.reads or "", "")
            yield "strength", f"above 0 to {1 if kind.share else 10}"
            yield "default", f"`{kind.strength:g}`"
        case RuleKind():
            yield "written", f"`{_WRITTEN[kind.section]}: {kind.name}`"
            yield "better", _better(kind.higher_is_better)
            yield "range", _range(kind.low, kind.high)
        case Backend():
            yield "asked for by", f"`{kind.asked}:` of conf/project.yaml" if kind.asked else "every repository"
        case Imputation() | Scaling() | Selecting():
            yield "written", f"`features: {_OF_FEATURES[type(kind)].format(kind.name)}`"
        case _:
            yield "tasks", _words(kind.can.get("tasks", ()))


def _keys(kind: Kind, link: Callable[[str], str]) -> Columns:
    """Say what may be asked of it: its keys with their defaults, and the block that tells more of them."""
    fields = {field.alias or name: field for name, field in kind.block.model_fields.items() if name != "kind"}
    block = kind.block.__name__
    linked = f"{link(block)}: " if link(block) != block else ""
    defaults = {key: field.get_default(call_default_factory=True) for key, field in fields.items()}
    keys = (key if field.is_required() else f"{key}: {_spelt(defaults[key])}" for key, field in fields.items())
    yield "keys", f"{linked}{', '.join(f'`{key}`' for key in keys)}" if fields else ""


def _spelt(value: object) -> str:
    dumped = getattr(value, "model_dump", None)
    return "{}" if dumped else json.dumps(value, ensure_ascii=False)


def _words(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


def _better(higher: bool) -> str:
    return "higher" if higher else "lower"


def _range(low: float, high: float) -> str:
    if isinf(low):
        return "" if isinf(high) else f"to {high:g}"
    return f"from {low:g}" if isinf(high) else f"{low:g} to {high:g}"
