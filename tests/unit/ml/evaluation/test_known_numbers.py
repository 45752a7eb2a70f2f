"""The same numbers as torchmetrics: rates of confusion, calibration error, how groups are treated."""

from __future__ import annotations

import numpy as np
import pytest

from mlops.ml.evaluation.judging.fairness import Labelled, treatment
from mlops.ml.evaluation.metrics import compute

pytestmark = pytest.mark.slow  # torch alone takes seconds to import
DRAW = np.random.default_rng(11)
Y = DRAW.integers(0, 2, 900)
SCORE = np.clip(0.35 + 0.3 * Y + DRAW.normal(0, 0.25, 900), 0.001, 0.999).astype(np.float32).astype(np.float64)
MANY = DRAW.integers(0, 4, 900)
LOGITS = 2 * np.eye(4)[MANY] + DRAW.normal(size=(900, 4))
SCORES = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
BINARY = {
    "accuracy": "binary_accuracy",
    "auroc": "binary_auroc",
    "average_precision": "binary_average_precision",
    "cohen_kappa": "binary_cohen_kappa",
    "f1": "binary_f1_score",
    "matthews_corrcoef": "binary_matthews_corrcoef",
    "precision": "binary_precision",
    "recall": "binary_recall",
    "specificity": "binary_specificity",
}
SEVERAL = {
    "accuracy": ("multiclass_accuracy", {"average": "micro"}),
    "balanced_accuracy": ("multiclass_accuracy", {"average": "macro"}),
    "cohen_kappa": ("multiclass_cohen_kappa", {}),
    "macro_auroc": ("multiclass_auroc", {"average": "macro"}),
    "macro_f1": ("multiclass_f1_score", {"average": "macro"}),
    "macro_precision": ("multiclass_precision", {"average": "macro"}),
    "macro_recall": ("multiclass_recall", {"average": "macro"}),
    "matthews_corrcoef": ("multiclass_matthews_corrcoef", {}),
    "top_2_accuracy": ("multiclass_accuracy", {"average": "micro", "top_k": 2}),
    "weighted_f1": ("multiclass_f1_score", {"average": "weighted"}),
    "weighted_precision": ("multiclass_precision", {"average": "weighted"}),
    "weighted_recall": ("multiclass_recall", {"average": "weighted"}),
}


@pytest.mark.parametrize("name", BINARY)
def test_rates_of_two_classes(name: str) -> None:
    import torch
    from torchmetrics.functional import classification

    found = getattr(classification, BINARY[name])(torch.tensor(SCORE), torch.tensor(Y))
    assert compute(name, Y, SCORE) == pytest.approx(float(found), abs=1e-6)


@pytest.mark.parametrize("name", SEVERAL)
def test_rates_of_several_classes(name: str) -> None:
    import torch
    from torchmetrics.functional import classification

    function, options = SEVERAL[name]
    found = getattr(classification, function)(torch.tensor(SCORES), torch.tensor(MANY), num_classes=4, **options)
    assert compute(name, MANY, SCORES) == pytest.approx(float(found), abs=1e-6)


def test_calibration_errors() -> None:
    import torch
    from torchmetrics.functional.classification import binary_calibration_error, multiclass_calibration_error

    two = binary_calibration_error(torch.tensor(SCORE), torch.tensor(Y), n_bins=15, norm="l1")
    several = multiclass_calibration_error(
        torch.tensor(SCORES), torch.tensor(MANY), num_classes=4, n_bins=15, norm="l1"
    )
    assert compute("ece", MANY, SCORES) == pytest.approx(float(several), abs=1e-6)
    assert compute("ece", Y, SCORE) == pytest.approx(float(two), abs=1e-6)


@pytest.mark.parametrize(
    ("measure", "function", "name"),
    [
        ("demographic_parity_ratio", "demographic_parity", "DP"),
        ("equal_opportunity_ratio", "equal_opportunity", "EO"),
    ],
)
def test_how_groups_are_treated(measure: str, function: str, name: str) -> None:
    import torch
    from torchmetrics.functional import classification

    groups = np.random.default_rng(12).integers(0, 3, 900)
    decided = (SCORE > 0.5).astype(np.int64)
    if function == "demographic_parity":
        found = classification.demographic_parity(torch.tensor(SCORE), torch.tensor(groups))
    else:
        found = classification.equal_opportunity(torch.tensor(SCORE), torch.tensor(Y), torch.tensor(groups))
    ((key, value),) = found.items()
    assert key.startswith(name)
    data = Labelled(Y, decided, groups.astype(str).astype(object))
    assert treatment(measure, data, 0.5, 0.025, 2).value == pytest.approx(float(value), abs=1e-6)
