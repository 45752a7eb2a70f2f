"""NLinear and DLinear: one linear layer from the window of the past to all horizons, of which a row asks for one.

Zeng, Chen, Zhang and Xu, Are Transformers Effective for Time Series Forecasting?, AAAI 2023;
https://github.com/cure-lab/LTSF-Linear. What else a row says, such as past and known covariates, is a further input.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from mlops.ml.training.encoded import Encoded
from mlops.ml.training.linear import Linear
from mlops.ml.training.loop import LightningCandidate
from mlops.ml.training.networks import Network
from mlops.ml.training.window import Window
from mlops.ml.training.window_encoder import WindowEncoder

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlops.ml.training.loop import FittedModule
    from mlops.ml.training.problem import Examples, Problem
    from mlops.ml.training.session import Session
    from mlops.models.dlinear import DLinear as AskedDLinear
    from mlops.models.nlinear import NLinear as AskedNLinear


class Lines(nn.Module):
    """A line for each horizon, of which each row gets its own; they begin at 0."""

    def __init__(self, inputs: int, horizons: int) -> None:
        super().__init__()
        self.horizons = horizons
        self.linear = Linear(inputs, max(horizons, 1))
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x: Tensor, marks: Tensor) -> Tensor:
        """Map [N, inputs] to [N, 1], by the marks [N, horizons] of each row's own."""
        every: Tensor = self.linear(x)
        # One mark is not 0, so that no order of adding up rounds otherwise.
        return (every * marks).sum(dim=1, keepdim=True) if self.horizons else every


class NLinear(nn.Module):
    """The last value, plus lines through the differences of all others from it."""

    def __init__(self, encoder: WindowEncoder, _: AskedNLinear) -> None:
        super().__init__()
        window = encoder.window
        self.series = len(window.past) + len(window.levels)
        self.inputs = len(encoder.columns)
        self.lines = Lines(self.inputs - 1, encoder.horizons)

    def forward(self, z: Tensor) -> Tensor:
        """Answer rows as they are encoded: [N, 1]."""
        last = z[:, :1]
        moved = torch.cat([z[:, 1 : self.series] - last, z[:, self.series : self.inputs]], dim=1)
        answer: Tensor = last + self.lines(moved, z[:, self.inputs :])
        return answer


class DLinear(nn.Module):
    """Lines through the moving average of the window, and through what it leaves; they begin as the window's mean."""

    def __init__(self, encoder: WindowEncoder, asked: AskedDLinear) -> None:
        super().__init__()
        self.width, self.inputs = len(encoder.window.past), len(encoder.columns)
        self.average = Linear(self.width, self.width, bias=False).requires_grad_(requires_grad=False)
        self.lines = Lines(self.width + self.inputs, encoder.horizons)
        with torch.no_grad():
            self.average.weight.copy_(torch.from_numpy(moving_average(self.width, asked.average)))
            self.lines.linear.weight[:, : 2 * self.width] = 1 / self.width

    def forward(self, z: Tensor) -> Tensor:
        """Answer rows as they are encoded: [N, 1]."""
        past = z[:, : self.width]
        trend: Tensor = self.average(past)
        parts = torch.cat([trend, past - trend, z[:, self.width : self.inputs]], dim=1)
        answer: Tensor = self.lines(parts, z[:, self.inputs :])
        return answer


def moving_average(width: int, periods: int) -> np.ndarray[Any, Any]:
    """Give the matrix [width, width] that averages over so many periods about each, the ends being repeated; float32.

    Example:
        >>> (moving_average(3, 3) * 3).round().tolist()
        [[2.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 2.0]]
    """
    found = np.zeros((width, width))
    for offset in range(-(periods // 2), periods // 2 + 1):
        found[np.arange(width), np.clip(np.arange(width) + offset, 0, width - 1)] += 1 / periods
    return found.astype(np.float32)


@dataclass(frozen=True)
class WindowCandidate:
    """A network that reads the past of a series, and whose scales are measured on the training rows.

    It learns in seconds, so that a backtest trains it at every origin.
    """

    network: ClassVar[bool] = False
    problem: Problem
    asked: AskedNLinear | AskedDLinear
    tail: Callable[[WindowEncoder, Any], nn.Module]

    def __post_init__(self) -> None:
        self.window  # noqa: B018  # what has no past is refused before anything is trained

    @property
    def window(self) -> Window:
        """Where the past stands in a row; raises ConfigurationError where no column has it."""
        least = 2 if self.asked.kind == "dlinear" else 1  # of one value there is no average
        width = int(np.prod(self.problem.shape))
        return Window.of(self.problem.numbers, width, f"kind {self.asked.kind}", least)

    def fit(self, examples: Examples, session: Session) -> FittedModule:
        """Train it."""
        return self.lightning(examples).fit(examples, session)

    def lightning(self, examples: Examples) -> LightningCandidate:
        """Make what Lightning trains, its scales measured on training rows."""

        def build(session: Session) -> Network:
            asked, options = self.asked, session.options
            encoder = WindowEncoder(self.window, examples)
            return Network(
                Encoded(encoder, self.tail(encoder, asked)),
                self.problem.task,
                lr=asked.lr,
                weight_decay=asked.weight_decay,
                batch_size=options.batch_size,
                gradient_clip=options.gradient_clip,
                quantile=self.problem.quantile,
            )

        return LightningCandidate(self.problem, build)
