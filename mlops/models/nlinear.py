"""What NLinear, a line through a series' own past, may be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mlops.blocks.tune import Range
from mlops.kinds.kind import of_block
from mlops.kinds.reference import load
from mlops.models.descent import Descent
from mlops.models.portfolio import Portfolio, Setting
from mlops.models.probe import Probe

if TYPE_CHECKING:
    from mlops.ml.training.problem import Problem
    from mlops.ml.training.session import Candidate


class NLinear(Descent):
    """A line through the past of a series for each horizon, of differences from the last known value (NLinear).

    Zeng, Chen, Zhang and Xu, AAAI 2023. It begins as the naive forecast. The window is `forecast: {lags: 1..48}`; what
    else is known of a row moves the line up and down. Numbers are clipped to 10 ranges beyond training's.
    """

    kind: Literal["nlinear"]
    """Name of the kind."""


def candidate(problem: Problem, parameters: NLinear) -> Candidate:
    """Make a line through differences from the last value."""
    make, body = (load(f"mlops.ml.training.window_network:{name}") for name in ("WindowCandidate", "NLinear"))
    made: Candidate = make(problem, parameters, body)
    return made


KIND = of_block(
    NLinear,
    {"train": candidate},
    tasks="forecasting",
    past=True,
    quantile=True,
    groups="numbers onehot",
    course="train validation",
    pruned="epochs",
    spaces={
        "default": {"lr": Range(low=1e-3, high=3e-2, log=True), "weight_decay": Range(low=1e-5, high=0.1, log=True)},
        "wide": {"lr": Range(low=1e-4, high=1e-1, log=True), "weight_decay": Range(low=1e-6, high=1.0, log=True)},
    },
    portfolio=Portfolio((Setting({"lr": 0.03}), Setting({"lr": 3e-3, "weight_decay": 0.05}))),
    probes={"nlinear": Probe("regression", (), (300,))},
)
