"""`reports/summary.json`: about ten numbers of a pipeline, which `dvc metrics` shows side by side.

It is made of the verdict and the figures that other documents hold, and judges nothing: nobody but DVC reads it.
"""

from __future__ import annotations

from typing import Any, Literal

from mlops.documents.document import Document, Number, said
from mlops.documents.gate import GateReport
from mlops.documents.metrics import Count, MetricsReport
from mlops.verdict import Verdict

_FIGURES = 5


class Summary(Document, extra="allow"):
    """The verdict, how many rules came to what, and the candidate's main figures, by the names of their metrics.

    A metric of somebody's own that is called like a key of these is in `metrics.json` alone.
    """

    schema_version: Literal[1] = 1
    verdict: Verdict
    passed: Count
    failed: Count
    inconclusive: Count
    warnings: Count
    rows: Count | None = None

    @classmethod
    def of(cls, gate: GateReport, metrics: MetricsReport) -> Summary:
        """Take the figures that rules bound first, in the order of the rules, then the others by name."""
        tally = gate.tally
        counts = {name: getattr(tally, name) for name in ("passed", "failed", "inconclusive", "warnings")}
        rows = {} if metrics.rows is None else {"rows": metrics.rows}
        figures: dict[str, Number] = {
            name: figure.value
            for name in dict.fromkeys((*(rule.metric for rule in gate.rules), *sorted(metrics.candidate)))
            if name not in cls.model_fields
            if (figure := metrics.candidate.get(name)) is not None and figure.value is not None
        }
        kept = dict(list(figures.items())[:_FIGURES])
        return cls.model_validate({"verdict": gate.verdict, **counts, **rows, **kept})

    def value(self) -> dict[str, Any]:
        """Give it without a version, which DVC would show as one more number; a later version says its own."""
        return said(self)
