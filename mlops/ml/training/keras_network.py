"""Keras models on PyTorch: what a pipeline's own function makes is trained, judged and written as any other network.

A Keras model on that back end computes with torch's tensors, so that it is the body of our network: our rows, loss,
AdamW, seeds and checkpoints. What it brings of its own counts too: losses of regularizers and `add_loss`, constraints,
frozen layers, statistics of normalisation. Nothing of Keras is loaded from a file.
"""

from __future__ import annotations

import inspect
import os
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from mlops.errors import ConfigurationError
from mlops.extras import need
from mlops.ml.training import user_models
from mlops.ml.training.loop import LightningCandidate
from mlops.ml.training.networks import Network
from mlops.ml.training.session import complain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mlops.ml.training.problem import Problem
    from mlops.ml.training.session import Candidate, Session
    from mlops.ml.user_code.origin import Origin
    from mlops.models.keras import Keras

_BACK_END, _OURS = "KERAS_BACKEND", "torch"
_SQUASHED = ("sigmoid", "softmax", "hard_sigmoid", "log_sigmoid", "log_softmax")


def library() -> Any:
    """Import Keras on PyTorch, by its own defaults, whatever the environment and `~/.keras/keras.json` say.

    Raises:
        MissingExtra: it is not installed.
        ConfigurationError: this process has it on another back end.
    """
    need("keras", "`kind: keras`")
    said = os.environ.get(_BACK_END, _OURS)
    if said != _OURS:
        complain(f"{_BACK_END}={said} is not heeded: `kind: keras` trains on PyTorch")
    os.environ[_BACK_END] = _OURS
    import keras

    if (found := keras.config.backend()) != _OURS:
        raise ConfigurationError(
            f"Keras was imported on the back end `{found}` before, and `kind: keras` trains on PyTorch",
            hint=f"remove what sets the back end in code of the pipeline's own, or write {_BACK_END}={_OURS}",
        )
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")
    keras.config.disable_traceback_filtering()  # with it, what went wrong stands in no error's first line
    return keras


class KerasBody(nn.Module):
    """A Keras model as a module [N, *shape] -> [N, outputs], whose weights go by their place.

    Keras counts names through a process, and a checkpoint is to fit the same model made again.
    """

    def __init__(self, model: Any, keras: Any) -> None:
        super().__init__()
        self.kept = (model, keras)  # as no module, which would bring its own names of weights
        for place, variable in enumerate(model.variables):
            self.register_parameter(f"variable_{place}", variable.value)

    @property
    def model(self) -> Any:
        """The Keras model."""
        return self.kept[0]

    def forward(self, x: Tensor) -> Tensor:
        """Answer rows; pictures [N, C, H, W] are given as Keras has them, [N, H, W, C]."""
        model, keras = self.kept
        with keras.device(str(x.device)):
            answer: Tensor = model(x.movedim(1, -1) if x.dim() == 4 else x, training=self.training)
        return answer


class KerasNetwork(Network):
    """Train a Keras model as other networks are; its own losses and constraints count."""

    body: KerasBody

    def __init__(self, body: KerasBody, task: Any, *, known_as: str, **options: Any) -> None:
        super().__init__(body, task, **options)
        self.known_as = known_as

    def on_train_epoch_start(self) -> None:
        """Seed the generator that layers without a seed share, by what the epoch was seeded with."""
        self.body.kept[1].utils.set_random_seed(random.getrandbits(31))  # no secret

    def loss(self, answer: Tensor, y: Tensor, w: Tensor | None = None) -> Tensor:
        """Compare answers with targets, and add what the model asks for besides."""
        found = super().loss(answer, y, w)
        for own in self.body.model.losses:
            found = found + own
        return found

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Step what is not frozen, and hold weights to their constraints after each step."""
        learnt = [weight for weight in self.parameters() if weight.requires_grad]
        optimizer = torch.optim.AdamW(learnt, lr=self.lr, weight_decay=self.weight_decay, fused=True)
        held = [variable for variable in self.body.model.trainable_variables if variable.constraint is not None]
        if held:
            optimizer.register_step_post_hook(lambda *_: _constrain(held))
        return optimizer


def _constrain(variables: list[Any]) -> None:
    with torch.no_grad():
        for variable in variables:
            variable.assign(variable.constraint(variable))


def candidate(problem: Problem, asked: Keras, name: str, origin: Origin) -> Candidate:
    """Make a candidate of what the function `use` makes, which is called with the session's seed set.

    The function takes its arguments by name, and `problem`, `shape`, `outputs`, `task` or `quantile` if it asks for
    them; of pictures `shape` is (height, width, channels).

    Raises:
        MissingExtra: Keras is not installed.
        ConfigurationError: the function is not in the pipeline's own folder, or takes other arguments.
    """
    keras = library()
    make = user_models.load(asked.use, origin)
    shown = replace(problem, shape=(*problem.shape[1:], problem.shape[0])) if len(problem.shape) == 3 else problem
    who = f"candidate {name}"
    arguments = user_models.arguments(who, asked.use, make, dict(asked.model_extra or {}), shown)
    own = Own(f"{who}: {_place(make, origin.root)}{asked.use}", keras, problem)

    def build(session: Session) -> KerasNetwork:
        keras.utils.set_random_seed(random.getrandbits(31))  # its shared generator stands where the last model left it
        with keras.device("cpu"):
            body = own.body(make(**arguments))
        return KerasNetwork(
            body,
            problem.task,
            known_as=own.who,
            lr=asked.lr,
            weight_decay=asked.weight_decay,
            batch_size=session.options.batch_size,
            gradient_clip=session.options.gradient_clip,
            quantile=problem.quantile,
        )

    return user_models.Guarded(name, LightningCandidate(problem, build), origin.root / "pipelines")


def _place(make: Callable[..., Any], root: Path) -> str:
    """Say in which line of which file a function or class begins."""
    _, line = inspect.getsourcelines(make)
    file = os.path.relpath(os.path.realpath(inspect.getfile(make)), os.path.realpath(root))
    return f"{file}:{line}: "


@dataclass(frozen=True)
class Own:
    """What people's function makes, held to what is trained here; `who` names it at the head of a refusal."""

    who: str
    keras: Any
    problem: Problem

    def body(self, made: Any) -> KerasBody:
        """Take what the function made.

        Raises:
            ConfigurationError: it is no Keras model, reads other rows, answers in another shape or with probabilities,
                is compiled, or has nothing to learn.
        """
        if not isinstance(made, self.keras.Model):
            raise self._refused(f"gives a {type(made).__name__}", "return a `keras.Model`")
        if made.compiled:
            hint = "remove `compile`; `lr` and `weight_decay` stand in the YAML, the loss follows from the task"
            raise self._refused("gives a compiled model, whose optimizer and loss would not be heeded", hint)
        if (ending := _ending(made)) in _SQUASHED:
            hint = f"remove `{ending}` from the last layer: probabilities are made of it afterwards"
            raise self._refused(f"ends in `{ending}`, and what is learnt is what stands before it", hint)
        answer = self._answer(made)
        if not any(variable.trainable for variable in made.trainable_variables):
            raise self._refused("gives a model without a weight to learn", "leave a layer `trainable`")
        wanted = (2, self.problem.outputs)
        if not isinstance(answer, Tensor) or tuple(answer.shape) != wanted or not answer.is_floating_point():
            found = list(answer.shape) if isinstance(answer, Tensor) else type(answer).__name__
            hint = f"end in `keras.layers.Dense(outputs)`; `outputs` is {self.problem.outputs} here"
            raise self._refused(f"answers two rows with {found}, where {list(wanted)} is wanted", hint)
        return KerasBody(made, self.keras)

    def _answer(self, model: Any) -> Any:
        """Ask an untrained model about two rows, which builds what has not been built."""
        rows = torch.zeros(2, *self.problem.shape)
        given = rows.movedim(1, -1) if rows.dim() == 4 else rows
        try:
            with torch.no_grad():
                return model(given, training=False)
        except Exception as error:  # Keras raises plain types, and layers are people's code
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            shape = list(given.shape[1:])
            hint = "take `shape`, and begin with `keras.Input(shape)`"
            raise self._refused(f"cannot read rows of shape {shape}: {reason}", hint) from error

    def _refused(self, what: str, hint: str) -> ConfigurationError:
        return ConfigurationError(f"{self.who} {what}", hint=hint)


def _ending(model: Any) -> str:
    """Name the activation that a model of layers in a row, or of a graph, ends in; empty where that cannot be told."""
    layers = model.layers if type(model).__name__ in ("Sequential", "Functional") else []
    if not layers:
        return ""
    last = layers[-1]
    if getattr(last, "layers", ()):  # a model within a model
        return _ending(last)
    if type(last).__name__ == "Softmax":
        return "softmax"
    return str(getattr(getattr(last, "activation", None), "__name__", ""))
