"""Networks that encode a row by its groups of columns first, and are made once training rows are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from torch import Tensor, nn

from mlops.ml.training.linear import Linear
from mlops.ml.training.loop import LightningCandidate
from mlops.ml.training.row_encoder import RowEncoder

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlops.ml.training.loop import FittedModule
    from mlops.ml.training.networks import Network
    from mlops.ml.training.problem import Examples, Problem
    from mlops.ml.training.session import Session
    from mlops.ml.training.window_encoder import WindowEncoder
    from mlops.models.mlp import Mlp


class Encoded(nn.Module):
    """An encoder [N, ...] to [N, outputs], and what reads its outputs."""

    def __init__(self, encoder: RowEncoder | WindowEncoder, tail: nn.Module) -> None:
        super().__init__()
        self.encoder, self.tail = encoder, tail

    def forward(self, x: Tensor) -> Tensor:
        """Answer rows."""
        answer: Tensor = self.tail(self.encoder(x))
        return answer


@dataclass(frozen=True)
class EncodedCandidate:
    """A network whose first layer is measured on the training rows: `make(problem, asked, encoder)` gives its body."""

    network: ClassVar[bool] = True
    problem: Problem
    asked: Any
    trained: Callable[..., Network]
    make: Callable[[Problem, Any, RowEncoder], Encoded]

    def fit(self, examples: Examples, session: Session) -> FittedModule:
        """Train it."""
        return self.lightning(examples).fit(examples, session)

    def lightning(self, examples: Examples) -> LightningCandidate:
        """Make what Lightning trains, its first layer measured on training rows."""

        def build(session: Session) -> Network:
            asked, options = self.asked, session.options
            encoder = RowEncoder(self.problem, examples, asked.embed, asked.level, asked.embedding)
            return self.trained(
                self.make(self.problem, asked, encoder),
                self.problem.task,
                lr=asked.lr,
                weight_decay=asked.weight_decay,
                batch_size=options.batch_size,
                gradient_clip=options.gradient_clip,
                quantile=self.problem.quantile,
            )

        return LightningCandidate(self.problem, build)


def mlp(problem: Problem, asked: Mlp, encoder: RowEncoder) -> Encoded:
    """Stack linear layers with ReLU and dropout between them on what an encoder gives."""
    layers: list[nn.Module] = []
    inputs = encoder.outputs
    for width in asked.hidden:
        layers += [Linear(inputs, width), nn.ReLU()]
        layers += [nn.Dropout(asked.dropout)] if asked.dropout else []
        inputs = width
    return Encoded(encoder, nn.Sequential(*layers, Linear(inputs, problem.outputs)))
