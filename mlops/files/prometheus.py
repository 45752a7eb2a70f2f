"""Numbers in Prometheus' text format: prometheus.io/docs/instrumenting/exposition_formats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Sample = tuple[str, Mapping[str, str], float]
"""The end of a name (empty but in a histogram), labels, a value."""


def family(name: str, kind: str, about: str, samples: Iterable[Sample]) -> list[str]:
    r"""Spell all samples of one name as lines, after what it is and of what kind; labels by their names.

    >>> print("\n".join(family("rows_total", "counter", "Rows.", [("", {"column": 'a"b'}, 2.0)])))
    # HELP rows_total Rows.
    # TYPE rows_total counter
    rows_total{column="a\"b"} 2.0
    """
    lines = [f"{name}{end}{_labels(labels)} {value!r}" for end, labels, value in samples]
    return [f"# HELP {name} {about}", f"# TYPE {name} {kind}", *lines]


def _labels(labels: Mapping[str, str]) -> str:
    spelled = ",".join(f'{key}="{_escaped(text)}"' for key, text in sorted(labels.items()))
    return f"{{{spelled}}}" if spelled else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
