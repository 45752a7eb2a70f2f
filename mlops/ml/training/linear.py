"""A linear layer whose products have the same bits on every x86-64 processor.

Intel's MKL, which torch calls otherwise, chooses kernels by the processor's vendor, even where it is held to one set of
instructions: from inner sizes of 256 on, sums are rounded otherwise on AMD. oneDNN chooses by instructions alone, and
`ONEDNN_MAX_CPU_ISA` holds those still. https://uxlfoundation.github.io/oneDNN/dev_guide_cpu_dispatcher_control.html
"""

from __future__ import annotations

from typing import Any, TypeVar, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F  # noqa: N812  # torch's own spelling

Module = TypeVar("Module", bound=nn.Module)


class Linear(nn.Linear):
    """`torch.nn.Linear` for float32 on a CPU, by oneDNN; anything else, and what is exported, is torch's own.

    Example:
        >>> Linear(3, 2)(torch.zeros(5, 3)).shape
        torch.Size([5, 2])
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  # torch's own name
        """Multiply [N, inputs] by the weights: [N, outputs]."""
        if _ours(input, self.weight):
            product: Tensor = _Product.apply(input, self.weight, self.bias)  # type: ignore[no-untyped-call]
            return product
        return F.linear(input, self.weight, self.bias)


def adopt(module: Module) -> Module:
    """Let every plain `torch.nn.Linear` inside a network multiply as `Linear` does; subclasses keep their own way."""
    for layer in module.modules():
        if type(layer) is nn.Linear:
            layer.__class__ = Linear
    return module


def _ours(x: Tensor, weight: Tensor) -> bool:
    # First of all: what is exported has as many rows as it likes, and asking for their number would fix it.
    if torch.compiler.is_exporting() or torch.compiler.is_compiling():
        return False
    return (
        x.device.type == "cpu"
        and x.dtype == weight.dtype == torch.float32
        and x.dim() == 2
        and len(x) > 0
        and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        and not torch.is_autocast_enabled("cpu")
    )


class _Product(torch.autograd.Function):
    """x [N, I], weight [O, I], bias [O] or None -> [N, O]; the three products of a step in one kind of kernel."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.biased = bias is not None
        return _multiply(x, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        x, weight = ctx.saved_tensors
        inputs, weights, _ = ctx.needs_input_grad
        return (
            _multiply(gradient, weight.t()) if inputs else None,
            _multiply(gradient.t(), x.t()) if weights else None,
            gradient.sum(0) if ctx.biased else None,
        )


def _multiply(left: Tensor, right: Tensor, bias: Tensor | None = None) -> Tensor:
    """Multiply left [N, I] by right [O, I], plus bias [O]; either may be a transposed view."""
    return cast("Tensor", torch.ops.mkldnn._linear_pointwise(left, right, bias, "none", [], ""))
