"""The networks that come with the framework, and the graph that turns any network's answers into scores."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # torch's own spelling

from mlops.ml.training.linear import Linear
from mlops.ml.training.token_bag import TokenBags
from mlops.ml.training.token_input import TokenInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops.ml.training.batches import Batches
    from mlops.ml.training.problem import Problem, Scale, Task


class Network(pl.LightningModule):
    """Train `body` by fused AdamW, several batches for each of Lightning's hooks.

    A hook costs as much as a small batch, so each `training_step` is handed a block of rows and steps the optimiser
    once for every `batch_size` of them, in order. The weights are those of a plain loop over the same batches.
    """

    def __init__(
        self,
        body: nn.Module,
        task: Task,
        *,
        lr: float,
        weight_decay: float,
        batch_size: int,
        gradient_clip: float | None = None,
        quantile: float | None = None,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.body = body
        self.task = task
        self.lr, self.weight_decay = lr, weight_decay
        self.batch_size, self.gradient_clip = batch_size, gradient_clip
        self.quantile = quantile
        self.accumulate, self.shared = 1, False

    @property
    def at_once(self) -> int:
        """Batches of one block: about 8,192 rows."""
        return max(1, 8192 // self.batch_size)

    def forward(self, x: Tensor) -> Tensor:
        """Answer [N, outputs]: logits, or standardised numbers."""
        return self.answer(self.body(x))

    def answer(self, raw: Tensor) -> Tensor:
        """Make an answer [N, outputs] of what the body gives: it is one already."""
        return raw

    def loss(self, answer: Tensor, y: Tensor, w: Tensor | None = None) -> Tensor:
        """Compare answers with targets, as a mean over rows; each counts `w` ([n], mean 1 over all that is learnt)."""
        how = "mean" if w is None else "none"
        if self.task == "multiclass":
            loss = F.cross_entropy(answer, y, reduction=how)
        elif self.task == "binary":
            loss = F.binary_cross_entropy_with_logits(answer.squeeze(-1), y, reduction=how)
        elif self.quantile is not None:
            off = y - answer.squeeze(-1)
            each = torch.maximum(self.quantile * off, (self.quantile - 1) * off)
            loss = each.mean() if w is None else each
        else:
            loss = F.mse_loss(answer.squeeze(-1), y, reduction=how)
        return loss if w is None else (w * loss).mean()

    def targets(self, y: Tensor) -> Tensor:
        """Give targets the type that the loss wants, once for all epochs."""
        return y if self.task == "multiclass" else y.float()

    def divide(self, ranks: int, accumulate: int) -> None:
        """Let a batch be shared by `ranks` processes, and each share be learnt in `accumulate` micro-batches."""
        self.batch_size, self.shared = self.batch_size // ranks, ranks > 1
        self.accumulate = accumulate

    def training_step(self, block: tuple[Tensor, ...], _: int) -> dict[str, Tensor]:
        """Learn from a block, batch by batch."""
        optimizer = cast("torch.optim.Optimizer", self.optimizers(use_pl_optimizer=False))
        losses: list[Tensor] = []
        begun, steps = self.trainer.global_step, self._steps
        for x, *known in zip(*(torch.split(part, self.batch_size) for part in block), strict=True):
            optimizer.zero_grad()
            loss = self._learn(x, *known)
            if self.gradient_clip is not None:
                nn.utils.clip_grad_norm_(self.parameters(), self.gradient_clip)
            self.before_step(optimizer, (begun + len(losses)) / steps)
            optimizer.step()
            losses.append(loss)
        self._count(len(losses))
        return {"loss": torch.stack(losses).mean()}

    def _learn(self, x: Tensor, *known: Tensor) -> Tensor:
        """Add up the gradient of a batch, micro-batch by micro-batch where that is needed; give its loss."""
        # Batch normalisation cannot learn from one row
        count = 1 if self.accumulate == 1 else max(1, min(self.accumulate, len(x) // 2))
        if count == 1:
            return self._backward(self.loss(self.body(x), *known))
        parts = zip(*(torch.tensor_split(each, count) for each in (x, *known)), strict=True)
        losses = [self._backward(self.loss(self.body(part), *rest) * (len(part) / len(x))) for part, *rest in parts]
        return torch.stack(losses).sum()

    def _backward(self, loss: Tensor) -> Tensor:
        if self.shared:
            self.manual_backward(loss)  # which has processes agree on the mean
        else:
            loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach()

    def before_step(self, optimizer: torch.optim.Optimizer, share: float) -> None:
        """Change what goes by the share of all steps that are done: nothing does."""

    @property
    def _steps(self) -> int:
        """Count the steps of all epochs."""
        batches = cast("Batches", self.trainer.train_dataloader)
        return max(1, (self.trainer.max_epochs or 1) * math.ceil(batches.used / self.batch_size))

    def _count(self, steps: int) -> None:
        """Keep `trainer.global_step` true: Lightning counts only the steps of its own optimiser wrapper."""
        progress = self.trainer.fit_loop.epoch_loop.manual_optimization.optim_step_progress
        for tracker in (progress.total, progress.current):
            tracker.ready += steps
            tracker.completed += steps

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Use the fused kernel: one pass over all weights."""
        return torch.optim.AdamW(self.parameters(), lr=self.lr, weight_decay=self.weight_decay, fused=True)


def mlp(problem: Problem, hidden: Sequence[int], dropout: float, embedding: int = 32) -> nn.Module:
    """Stack linear layers with ReLU and dropout between them; texts are embedded first, in so many numbers."""
    layers: list[nn.Module] = [nn.Flatten()] if len(problem.shape) > 1 else []
    inputs = math.prod(problem.shape)
    if problem.layout.texts:
        bags = TokenBags(TokenInput.of(problem.layout), embedding)
        layers, inputs = [bags], bags.outputs
    for width in hidden:
        layers += [Linear(inputs, width), nn.ReLU()]
        layers += [nn.Dropout(dropout)] if dropout else []
        inputs = width
    return nn.Sequential(*layers, Linear(inputs, problem.outputs))


def cnn(problem: Problem, channels: Sequence[int], hidden: int, dropout: float) -> nn.Module:
    """Stack 3 x 3 convolutions; each one after the first halves the image while it is at least 4 pixels wide."""
    inputs, height, width = problem.shape
    layers: list[nn.Module] = []
    for index, outputs in enumerate(channels):
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
        if index > 0 and min(height, width) >= 4:
            layers.append(nn.MaxPool2d(2))
            height, width = height // 2, width // 2
        inputs = outputs
    layers += [nn.Flatten(), nn.Dropout(dropout), Linear(inputs * height * width, hidden), nn.ReLU()]
    return nn.Sequential(*layers, nn.Dropout(dropout), Linear(hidden, problem.outputs))


class Scores(nn.Module):
    """Turn a network's answers into scores: [N] probabilities, [N, classes] probabilities, or [N] target units."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, network: nn.Module, problem: Problem, scale: Scale) -> None:
        super().__init__()
        self.network, self.problem, self.scale = network, problem, scale
        for name in ("mean", "deviation") if scale.wide else ():  # plain numbers would be written as float32
            self.register_buffer(name, torch.tensor(getattr(scale, name), dtype=torch.float64), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Score rows."""
        answer: Tensor = self.network(x)
        if self.problem.task == "multiclass":
            return _shares(answer)
        if self.problem.task == "binary" and answer.dim() == 2 and answer.shape[-1] == 2:
            return _shares(answer)[:, 1]
        flat = answer.reshape(-1)
        if self.problem.task == "binary":
            return flat.sigmoid()
        if self.scale.wide:
            return flat.double() * self.deviation + self.mean
        return flat * self.scale.deviation + self.scale.mean


def _shares(answer: Tensor) -> Tensor:
    """Turn logits [N, classes] into probabilities.

    In double precision, because what ONNX Runtime adds up in single precision it adds up 8 or 16 at a time, as the
    processor has it: last bits would differ. https://github.com/microsoft/onnxruntime, onnxruntime/core/mlas/lib
    """
    return answer.double().softmax(-1).float()


def _single(answer: Tensor) -> Tensor:
    """Bring half precision up to float32; float64 stays."""
    return answer if answer.dtype == torch.float64 else answer.float()


def infer(module: nn.Module, x: Any, rows: int = 4096) -> Tensor:
    """Apply a module in evaluation mode to an array or tensor, block by block."""
    training = module.training
    module.eval()
    try:
        with torch.inference_mode():
            device = next((weight.device for weight in module.parameters()), torch.device("cpu"))
            blocks = torch.split(torch.as_tensor(x), rows)
            return torch.cat([_single(module(block.to(device))).cpu() for block in blocks])
    finally:
        module.train(training)
