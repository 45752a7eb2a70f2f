"""The training of any LightningModule: one Trainer, our loader, safe checkpoints, exact resume."""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.model_helpers import is_overridden

from mlops.errors import ConfigurationError
from mlops.ml.training import checkpoint, export, process_group, randomness
from mlops.ml.training.batches import Batches, InOrder
from mlops.ml.training.kernels import compiled
from mlops.ml.training.linear import adopt
from mlops.ml.training.micro_batches import fitting
from mlops.ml.training.networks import Network, Scores, infer
from mlops.ml.training.problem import Examples, Problem, Scale
from mlops.ml.training.seeds import derive
from mlops.ml.training.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from pytorch_lightning.loggers import Logger
    from torch import Tensor

    from mlops.ml.training.session import Epoch, Session


@dataclass(frozen=True, eq=False)
class FittedModule:
    """A trained network with its target's scale folded in."""

    scores: Scores
    history: tuple[Epoch, ...]
    best_epoch: int | None
    accumulate: int = 1
    """Micro-batches that it learnt a batch in, since memory did not suffice for more."""
    devices: int = 1
    """Processes that trained it together."""

    def predict(self, x: NDArray[Any]) -> NDArray[Any]:
        """Score rows."""
        answer: NDArray[Any] = infer(self.scores, x).numpy()
        return answer

    def export(self) -> bytes:
        """Write the ONNX graph."""
        return export.from_torch(self.scores, self.scores.problem.shape)


@dataclass(frozen=True)
class LightningCandidate:
    """A LightningModule to be: `build(session)` makes it with the session's seed already set."""

    network: ClassVar[bool] = True
    problem: Problem
    build: Callable[[Session], pl.LightningModule]
    loggers: tuple[Logger, ...] = ()

    def fit(self, examples: Examples, session: Session) -> FittedModule:
        """Train, or go on training, and return the weights of the best epoch."""
        options = session.options
        with (
            randomness.reproducible(options.threads),
            _quiet(),
            process_group.joined(session.world, options.accelerator),
        ):
            return fitting(session, lambda given: self._fit(examples, given))

    def _fit(self, examples: Examples, session: Session) -> FittedModule:
        randomness.seed_everything(derive(session.seed, "weights"))
        module = adopt(self.build(session))
        if isinstance(module, Network):
            module.divide(_ranks(session), session.accumulate)
        scale = Scale.of(self.problem.task, examples.train_y, examples.train_w)
        scores = Scores(module, self.problem, scale)
        watch = Watch(session, scores, examples)
        if session.trained is not None:
            watch.load_state_dict(checkpoint.read(session.trained))
        else:
            self._train(module, watch, examples, session)
        module.load_state_dict(watch.weights)
        module.cpu().eval()
        if session.world is not None and session.world.first:
            checkpoint.write(session.world.trained, watch.state_dict())
        best = None if watch.best is None else watch.history[watch.best].number
        together = session.world is not None or session.trained is not None
        devices = session.options.devices if together else 1  # what is quick is trained by one all the same
        return FittedModule(scores.eval(), tuple(watch.history), best, watch.accumulate, devices)

    def _train(self, module: pl.LightningModule, watch: Watch, examples: Examples, session: Session) -> None:
        train, validation = _loaders(module, watch.scores.scale, examples, session)
        trainer = _trainer(session, module, watch, self.loggers)
        resume = checkpoint.resumable(session.checkpoints)
        with compiled(module, session.options):
            trainer.fit(module, train, validation, ckpt_path=resume, weights_only=True)


def _ranks(session: Session) -> int:
    return 1 if session.world is None else session.world.size


def _loaders(
    module: pl.LightningModule, scale: Scale, examples: Examples, session: Session
) -> tuple[Batches, InOrder | None]:
    """Cut training rows into blocks for our networks, into batches for anyone else's."""
    share = session.options.batch_size // _ranks(session)
    order: dict[str, Any] = {
        "seed": session.seed,
        "rank": session.world.rank if session.world else 0,
        "ranks": _ranks(session),
    }
    order |= {"profile": session.profile}
    x, y, w = torch.from_numpy(examples.train_x), _target(scale, examples.train_y), _weights(examples.train_w)
    if isinstance(module, Network):
        return Batches(x, module.targets(y), w, size=share, at_once=module.at_once, **order), None
    if w is not None and not getattr(module, "weighted", False):
        raise ConfigurationError(
            f"candidate {session.name}: {type(module).__name__} does not say that it counts rows by a weight",
            hint="write `weighted = True` in the class, and take (x, y, w) in `training_step` and `validation_step`",
        )
    # Lightning takes the step when so many micro-batches were learnt
    train = Batches(x, y, w, size=share // session.accumulate, **order)
    if not is_overridden("validation_step", module):
        return train, None
    judged = torch.from_numpy(examples.validation_x), _target(scale, examples.validation_y)
    return train, InOrder(*judged, None if w is None else _weights(examples.validation_w), rows=share)


def _weights(w: NDArray[Any] | None) -> Tensor | None:
    return None if w is None else torch.from_numpy(w.astype(np.float32))


def _target(scale: Scale, y: NDArray[Any]) -> Tensor:
    return torch.from_numpy(scale.down(y) if y.dtype.kind == "f" else y)


def _trainer(session: Session, module: pl.LightningModule, watch: Watch, loggers: tuple[Logger, ...]) -> pl.Trainer:
    options = session.options
    callbacks: list[pl.Callback] = [watch]
    if session.checkpoints:
        callbacks.append(checkpoint.EveryEpoch(session.checkpoints))
    return pl.Trainer(
        max_epochs=session.size or options.max_epochs,
        accelerator=options.accelerator,
        devices=1 if session.world is not None and session.world.on_ray else _ranks(session),
        strategy=process_group.strategy(session.world, unused=not isinstance(module, Network)),
        use_distributed_sampler=False,  # our loader knows its share
        accumulate_grad_batches=session.accumulate if module.automatic_optimization else 1,
        precision=options.precision,
        # Lightning refuses to clip for a module that steps by itself: ours do it in their own step.
        gradient_clip_val=options.gradient_clip if module.automatic_optimization else None,
        callbacks=callbacks,
        plugins=[checkpoint.SafeFiles()],
        logger=[*loggers, *_own_loggers(module)] or False,
        num_sanity_val_steps=0,
        enable_checkpointing=bool(session.checkpoints),
        enable_progress_bar=False,
        enable_model_summary=False,
    )


def _own_loggers(module: pl.LightningModule) -> list[Logger]:
    """Make the loggers of a module that says `configure_loggers`, as it says its callbacks by Lightning's own hook.

    Raises:
        ConfigurationError: it gives something else than loggers.
    """
    make = getattr(module, "configure_loggers", None)
    found = list(make()) if callable(make) else []
    if odd := [type(each).__name__ for each in found if not isinstance(each, pl.loggers.Logger)]:
        raise ConfigurationError(
            f"{type(module).__name__}.configure_loggers gives {', '.join(odd)}, which is no logger",
            hint="give a list of Lightning's loggers, such as `[CSVLogger('artifacts/logs')]`",
        )
    return found


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence Lightning's advertising and advice; errors still come through."""
    names = ("pytorch_lightning", "lightning_fabric", "lightning.pytorch")
    levels = {name: logging.getLogger(name).level for name in names}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"(pytorch_lightning|lightning_fabric)\..*")
        for name in names:
            logging.getLogger(name).setLevel(logging.ERROR)
        try:
            yield
        finally:
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)
