"""What people read for the names of rules: one name a metric, in sentences, tables, the report and the comment."""

from __future__ import annotations

from mlops.gate_rules import GATE_RULES
from mlops.gate_rules.data_rule import PREFIX
from mlops.metrics import METRICS
from mlops.perturbations import PERTURBATIONS


def called(metric: str) -> str:
    """Name what a rule bounds.

    >>> called("auroc"), called("balanced_accuracy"), called("latency_p99"), called("data_label_noise")
    ('AUROC', 'Balanced accuracy', '99th percentile of latency', 'Label noise')
    """
    name = metric.removeprefix(PREFIX)
    kind = METRICS.get(metric) or GATE_RULES.get(name)
    return getattr(kind, "label", "") or name.replace("_", " ").capitalize()


def measured(measure: str) -> str:
    """Name a metric of the course of training, with the rows that it is of.

    >>> measured("validation_auroc"), measured("train_loss")
    ('AUROC on validation', 'Loss on training')
    """
    part, _, metric = measure.partition("_")
    return f"{called(metric)} on {'training' if part == 'train' else part}" if metric else called(measure)


def when(perturbation: str) -> str:
    """Say what was done to the rows.

    >>> when("missing"), when("of_a_release_to_come")
    ('when values are missing', 'under of a release to come')
    """
    kind = PERTURBATIONS.get(perturbation)
    return f"under {perturbation.replace('_', ' ')}" if kind is None else kind.when


def titled(
    metric: str, under: str | None = None, of: str | None = None, by: str | None = None, part: str | None = None
) -> str:
    """Say what a rule is about: a metric, on perturbed rows, between the groups of a column, on a part of one.

    >>> titled("auroc", "missing", by="site", part="a")
    'AUROC when values are missing, where site=a'
    """
    said = called(metric) + (f" {when(under)}" if under else "") + (f" of {of}" if of else "")
    return said if part is None or not by else f"{said}{',' if under else ''} where {by}={part}"
