"""What happens around each epoch: its seed before; its judgement, the best weights and early stopping after."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytorch_lightning as pl

from mlops.errors import DataError
from mlops.ml.training import randomness
from mlops.ml.training.networks import Scores, infer
from mlops.ml.training.problem import loss
from mlops.ml.training.process_group import gathered, of_first, share_buffers
from mlops.ml.training.profile import phase
from mlops.ml.training.seeds import derive
from mlops.ml.training.session import Epoch

if TYPE_CHECKING:
    import torch

    from mlops.ml.training.checkpoint import State
    from mlops.ml.training.problem import Examples
    from mlops.ml.training.session import Session


class Watch(pl.Callback):
    """Judge each epoch on validation rows, keep the best weights, stop when `patience` epochs brought nothing better.

    Random numbers are seeded by the epoch's number: a run that resumes at an epoch draws what it would have drawn.
    Of processes that train together the first one judges and tells; all go by what it found.
    """

    def __init__(self, session: Session, scores: Scores, examples: Examples) -> None:
        self.session, self.scores, self.examples = session, scores, examples
        self.world, self.accumulate = session.world, session.accumulate
        self.history: list[Epoch] = []
        self.best: int | None = None
        self.weights: dict[str, torch.Tensor] = {}
        self._losses: list[tuple[torch.Tensor, int]] = []

    @property
    def patient(self) -> bool:
        """Whether more epochs may be worth their time."""
        if self.session.size is not None:
            return True
        patience = self.session.options.patience
        return patience is None or self.best is None or len(self.history) - 1 - self.best < patience

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stop at once when the checkpoint is of a run that had already stopped."""
        trainer.should_stop = not self.patient

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Seed the epoch."""
        self._losses.clear()
        own = () if self.world is None or self.world.first else ("rank", self.world.rank)
        randomness.seed_everything(derive(self.session.seed, "epoch", trainer.current_epoch, *own))

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Let every process measure the same network."""
        share_buffers(self.world, pl_module)

    def on_train_batch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *args: Any) -> None:
        """Count what follows as learning."""
        if self.session.profile is not None:
            self.session.profile.begin("forward and backward")

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *args: Any) -> None:
        """Remember the loss without waiting for it."""
        if self.session.profile is not None:
            self.session.profile.end()
        outputs, batch = args[0], args[1]
        if outputs and "loss" in outputs:
            self._losses.append((outputs["loss"].detach(), len(batch[1])))

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Judge the epoch and tell whoever listens."""
        number = trainer.current_epoch + 1
        with phase(self.session.profile, "validation"):
            epoch = self._agreed(number, self._refuse_divergence(number))
        self.history.append(epoch)
        if self._best_so_far(epoch):
            self.best = len(self.history) - 1
            self.weights = {name: value.detach().clone() for name, value in pl_module.state_dict().items()}
        ended = any(stop for (stop,) in gathered(self.world, [trainer.should_stop]))  # a user's callback may have
        trainer.should_stop = ended or not self.patient
        if self.world is None or self.world.first:
            for logger in trainer.loggers:
                logger.log_metrics(epoch.measures(self.session.judge.metric), step=epoch.number)
            self.session.observe(epoch)

    def _agreed(self, number: int, train_loss: float | None) -> Epoch:
        if self.world is None:
            return self._judge(number, train_loss)
        own = self._judge(number, train_loss) if self.world.first else Epoch(number, math.nan, math.nan)
        validation_loss, metric = of_first(self.world, [own.validation_loss, own.metric])
        return Epoch(number, validation_loss, metric, train_loss)

    def _judge(self, number: int, train_loss: float | None) -> Epoch:
        y, by = self.examples.validation_y, self.examples.validation_w
        score = infer(self.scores, self.examples.validation_x).numpy()
        return Epoch(
            number=number,
            train_loss=train_loss,
            validation_loss=loss(self.scores.problem.task, y, score, by),
            metric=self.session.judge.value(y, score, by),
        )

    def _best_so_far(self, epoch: Epoch) -> bool:
        """Tell whether its weights are kept; where the number of epochs is given, the last ones are."""
        if self.session.size is not None or self.best is None:
            return True
        return self._rank(epoch) > self._rank(self.history[self.best])

    def _rank(self, epoch: Epoch) -> tuple[float, float]:
        return self.session.judge.rank(epoch.metric, epoch.validation_loss)

    def _refuse_divergence(self, number: int) -> float | None:
        """Average the losses of the epoch; raises DataError when they are no numbers any more."""
        if not self._losses:
            return None
        rows = sum(count for _, count in self._losses)
        total = float(sum(loss.double() * count for loss, count in self._losses))
        if self.world is not None:
            total, rows = (sum(part) for part in zip(*gathered(self.world, [total, rows]), strict=True))
        value = total / rows
        if not math.isfinite(value):
            raise diverged(self.session.name, number, value, self.scores.network)
        return value

    def state_dict(self) -> State:
        """Put what was found so far in the checkpoint."""
        rows = [[epoch.number, epoch.validation_loss, epoch.metric, epoch.train_loss] for epoch in self.history]
        return {"history": rows, "best": self.best, "weights": self.weights, "accumulate": self.accumulate}

    def load_state_dict(self, state_dict: State) -> None:
        """Go on from a checkpoint."""
        self.history = [Epoch(*row) for row in state_dict["history"]]
        self.best, self.weights = state_dict["best"], state_dict["weights"]
        self.accumulate = state_dict.get("accumulate", 1)


def diverged(name: str, number: int, value: float, network: Any) -> DataError:
    """Say that a training ran away, and which knob to turn."""
    what = "NaN" if math.isnan(value) else "infinite"
    lr = getattr(network, "lr", None)
    now = f" (now {lr:g})" if isinstance(lr, int | float) else ""
    return DataError(
        f"candidate {name} diverged at epoch {number}: loss is {what}",
        hint=f"lower lr{now}, or set gradient_clip: 1.0 under trainer",
    )
