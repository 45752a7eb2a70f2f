"""What DLinear, two lines through a series' trend and what is left of it, may be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from mlops.blocks.tune import Range
from mlops.kinds.kind import of_block
from mlops.kinds.reference import load
from mlops.models.descent import Descent
from mlops.models.probe import Probe

if TYPE_CHECKING:
    from mlops.ml.training.problem import Problem
    from mlops.ml.training.session import Candidate


def _odd(count: int) -> int:
    """Refuse a number whose average has no middle."""
    if count % 2 == 0:
        raise ValueError(f"{count} periods have no middle one; write {count - 1} or {count + 1}")
    return count


class DLinear(Descent):
    """Two lines for each horizon: through the moving average of a series' past, and through what it leaves (DLinear).

    Zeng, Chen, Zhang and Xu, AAAI 2023. The window is `forecast: {lags: 1..48}`; what else is known of a row moves the
    lines up and down. Numbers are clipped to 10 ranges beyond training's.
    """

    kind: Literal["dlinear"]
    """Name of the kind."""
    average: Annotated[int, Field(ge=1, le=1_001), AfterValidator(_odd)] = 25
    """Periods of the moving average, an odd number; a window's ends are repeated."""


def candidate(problem: Problem, parameters: DLinear) -> Candidate:
    """Make lines through a trend and what is left of it."""
    make, body = (load(f"mlops.ml.training.window_network:{name}") for name in ("WindowCandidate", "DLinear"))
    made: Candidate = make(problem, parameters, body)
    return made


KIND = of_block(
    DLinear,
    {"train": candidate},
    tasks="forecasting",
    past=True,
    quantile=True,
    groups="numbers onehot",
    course="train validation",
    pruned="epochs",
    spaces={
        "default": {
            "average": Range(choices=(5, 13, 25)),
            "lr": Range(low=1e-3, high=3e-2, log=True),
            "weight_decay": Range(low=1e-5, high=0.1, log=True),
        },
        "wide": {
            "average": Range(choices=(3, 5, 7, 13, 25, 49)),
            "lr": Range(low=1e-4, high=1e-1, log=True),
            "weight_decay": Range(low=1e-6, high=1.0, log=True),
        },
    },
    probes={"dlinear": Probe("regression", (), (300,))},
)
