"""The first layer of a network that reads the past of a series: a row's window, and marks of its horizon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from mlops.ml.training.number_input import NumberInput
from mlops.ml.training.problem import Scale

if TYPE_CHECKING:
    from mlops.ml.training.problem import Examples
    from mlops.ml.training.window import Window


class WindowEncoder(nn.Module):
    """Rows to [N, outputs]: the window, latest first, further values of the series, all else, and a mark for each
    horizon, of which the one that is nearest to the row's is 1; `owners` names the column of the row that each is of.

    Each number is clipped to 10 ranges beyond training's; a missing one is as the mean. Values of the series are
    brought to the target's own scale, all else to its mean and spread.
    """

    low: Tensor
    high: Tensor
    middle: Tensor
    spread: Tensor
    above: Tensor
    upto: Tensor

    def __init__(self, window: Window, examples: Examples) -> None:
        super().__init__()
        self.window = window
        x = examples.train_x.reshape(len(examples.train_x), -1)
        given = NumberInput.of(x)
        scale = Scale.of("regression", examples.train_y, examples.train_w)
        series = [*window.past, *window.levels]
        mean, deviation = given.mean.copy(), given.deviation.copy()
        mean[series], deviation[series] = scale.mean, scale.deviation
        horizons = np.zeros(0) if window.ahead is None else np.unique(x[:, window.ahead].astype(np.float64))
        edges = np.concatenate([[-np.inf], (horizons[1:] + horizons[:-1]) / 2, [np.inf]])
        found = {"low": given.low, "high": given.high, "middle": mean, "spread": deviation}
        found |= {"above": edges[:-1], "upto": edges[1:]}
        for name, value in found.items():
            self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(value, dtype=np.float32)))
        self.horizons = len(horizons)
        self.columns = [*window.past, *window.levels, *window.others]
        self.owners = [*self.columns, *([] if window.ahead is None else [window.ahead] * len(horizons))]

    @property
    def outputs(self) -> int:
        """How many numbers a row becomes."""
        return len(self.owners)

    def forward(self, x: Tensor) -> Tensor:
        """Encode rows."""
        x = x.flatten(1)
        known = torch.where(torch.isnan(x), self.middle, x).clamp(self.low, self.high)
        scaled = ((known - self.middle) / self.spread)[:, self.columns]
        if self.window.ahead is None:
            return scaled
        ahead = known[:, self.window.ahead : self.window.ahead + 1]
        marks = (ahead > self.above) & (ahead <= self.upto)
        return torch.cat([scaled, marks.to(scaled.dtype)], dim=1)
