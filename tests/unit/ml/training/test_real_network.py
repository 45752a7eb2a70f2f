from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch

from mlops.blocks.number_embedding import PeriodicBias
from mlops.ml.training import candidates
from mlops.ml.training.asked import Asked
from mlops.ml.training.number_embeddings import numbers
from mlops.ml.training.problem import Problem
from mlops.ml.training.real_network import RealNetwork, TangentLinear, fading, four_waves
from tests.builders.training import AUROC, NOWHERE, binary, session

pytestmark = pytest.mark.slow


def test_the_learning_rate_rises_four_times_each_twice_as_long_as_before() -> None:
    shares = np.linspace(0, 1, 20_001)
    rates = np.array([four_waves(share) for share in shares])
    tops = shares[1:-1][(rates[1:-1] > rates[:-2]) & (rates[1:-1] > rates[2:])]
    assert len(tops) == 4
    assert [round(float(b / a), 1) for a, b in pairwise(np.diff([0.0, *(shares[1:-1][_low(rates)])]))] == [2.0, 2.0]
    assert rates.max() == pytest.approx(1.0, abs=1e-4)


def _low(rates: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.asarray((rates[1:-1] < rates[:-2]) & (rates[1:-1] < rates[2:]))


def test_each_part_has_its_own_rate_and_only_matrices_are_penalised() -> None:
    data = binary(120)
    candidate = candidates.build("a", Asked(kind="realmlp", hidden=[8]), Problem.of("binary", data), NOWHERE)
    fitted = candidate.fit(data, session(AUROC, max_epochs=4))
    network = fitted.scores.network  # type: ignore[attr-defined]
    assert isinstance(network, RealNetwork)
    optimizer = network.configure_optimizers()
    network.before_step(optimizer, 0.75)
    wave, faded = four_waves(0.75), fading(0.75)
    rates = [round(group["lr"] / (0.04 * wave), 3) for group in optimizer.param_groups]
    assert rates == [6.0, 0.1, 0.1, 0.1, 1.0]
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0, 0, 0, 0, pytest.approx(0.02 * faded)]
    assert [part.p for part in network.dropouts] == [pytest.approx(0.15 * faded)]
    held = sum(parameter.numel() for group in optimizer.param_groups for parameter in group["params"])
    assert held == sum(parameter.numel() for parameter in network.parameters())


def test_labels_are_smoothed_where_there_are_classes() -> None:
    options = {"lr": 0.1, "weight_decay": 0.0, "batch_size": 2}
    two = RealNetwork(torch.nn.Identity(), "binary", **options)  # type: ignore[arg-type]
    assert two.targets(torch.tensor([0, 1])).tolist() == pytest.approx([0.05, 0.95])
    three = RealNetwork(torch.nn.Identity(), "multiclass", **options)  # type: ignore[arg-type]
    answer, y = torch.tensor([[1.0, 2.0, 0.0]]), torch.tensor([1])
    logs = answer.log_softmax(-1)[0]
    wanted = -float(0.9 * logs[1] + 0.1 * logs.mean())
    assert float(three.loss(answer, y)) == pytest.approx(wanted)
    assert float(three.loss(answer, y, torch.tensor([2.0]))) == pytest.approx(2 * wanted)


def test_answers_are_of_size_one_whatever_the_width() -> None:
    torch.manual_seed(0)
    for width in (16, 1_024):
        answer = TangentLinear(width, 64)(torch.randn(512, width))
        assert float(answer.detach().std()) == pytest.approx(2**0.5, rel=0.15)  # the product and the bias, 1 each


def test_numbers_are_scaled_by_quartiles_and_bent() -> None:
    x = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [1e6]], dtype=np.float32)
    layer = numbers(x, np.zeros(6), "regression", PeriodicBias(kind="pbld"))
    bent = layer(torch.tensor([[2.5], [1e6], [3e38]]))[:, 0].tolist()
    assert bent[0] == pytest.approx(0.0, abs=1e-6)
    assert bent[1:] == pytest.approx([3.0, 3.0], abs=1e-3)
