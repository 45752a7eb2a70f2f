from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F  # noqa: N812

from mlops.ml.training import export
from mlops.ml.training.linear import Linear, adopt
from mlops.ml.training.networks import Scores
from mlops.ml.training.problem import Problem, Scale

pytestmark = pytest.mark.slow

SIZES = st.integers(1, 70)


def _gradients(layer: nn.Linear, x: torch.Tensor, *, own: bool) -> list[torch.Tensor]:
    """Give the answer, and the gradients of its weighted sum: towards the rows, the weights and the bias."""
    rows = x.clone().requires_grad_()
    answer = layer(rows) if own else F.linear(rows, layer.weight, layer.bias)
    layer.zero_grad()
    (answer * torch.linspace(-1, 1, answer.numel()).reshape(answer.shape)).sum().backward()
    found = [rows.grad, layer.weight.grad] + ([] if layer.bias is None else [layer.bias.grad])
    return [answer.detach(), *(item.clone() for item in found if item is not None)]


@settings(max_examples=60)
@given(rows=SIZES, inputs=SIZES, outputs=SIZES, bias=st.booleans())
def test_it_multiplies_and_learns_as_torch_does(rows: int, inputs: int, outputs: int, bias: bool) -> None:
    torch.manual_seed(rows * 10_000 + inputs * 100 + outputs)
    layer, x = Linear(inputs, outputs, bias=bias), torch.randn(rows, inputs)
    ours, theirs = _gradients(layer, x, own=True), _gradients(layer, x, own=False)
    assert len(ours) == 3 + bias
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_a_first_layer_asks_for_no_gradient_of_its_rows() -> None:
    layer = Linear(4, 3)
    layer(torch.randn(5, 4)).sum().backward()
    assert layer.weight.grad is not None


@pytest.mark.parametrize(
    "x",
    [torch.randn(2, 3, 4), torch.randn(4), torch.randn(0, 4), torch.randn(5, 4, dtype=torch.float64)],
    ids=["three dimensions", "one row", "no rows", "double precision"],
)
def test_what_it_does_not_know_is_left_to_torch(x: torch.Tensor) -> None:
    layer = Linear(4, 3).to(x.dtype)
    assert torch.equal(layer(x), F.linear(x, layer.weight, layer.bias))


def test_plain_layers_of_a_network_are_adopted_and_subclasses_keep_their_own_way() -> None:
    class Doubled(nn.Linear):
        def forward(self, *rows: torch.Tensor) -> torch.Tensor:
            return 2 * super().forward(*rows)

    network = nn.Sequential(nn.Linear(3, 3), nn.Sequential(Doubled(3, 2), nn.Bilinear(1, 1, 1)))
    state = {name: value.clone() for name, value in network.state_dict().items()}
    adopted = adopt(network)
    layers = [layer for layer in adopted.modules() if isinstance(layer, nn.Linear)]
    assert [type(layer).__name__ for layer in layers] == ["Linear", "Doubled"]
    assert type(adopted[0]) is Linear
    assert all(torch.equal(value, state[name]) for name, value in adopted.state_dict().items())


def test_an_exported_layer_takes_any_number_of_rows() -> None:
    torch.manual_seed(0)
    scores = Scores(nn.Sequential(Linear(4, 300), nn.ReLU(), Linear(300, 1)), Problem("binary", (4,)), Scale()).eval()
    model, x = export.from_torch(scores, (4,)), torch.randn(7, 4)
    export.check_parity("mlp", model, x.numpy(), scores(x).detach().numpy())
