"""Keras models: trained with our loss, served as they were trained, refused by a sentence with its place."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from mlops.errors import ConfigurationError
from mlops.ml.training import candidates, export
from mlops.ml.training.asked import Asked
from mlops.ml.training.attributions import attribute
from mlops.ml.training.problem import Problem, Scale
from mlops.ml.training.session import Candidate, Epoch, Fitted
from mlops.ml.user_code.origin import Origin
from tests.builders.pages import blocks
from tests.builders.training import ACCURACY, AUROC, RMSE, binary, images, needs_keras, regression, session
from tests.conftest import ROOT

pytestmark = [pytest.mark.slow, needs_keras]

MODULE = """\
import keras


def build(shape, outputs, units=32, dropout=0.2):
    rows = keras.Input(shape)
    inner = keras.layers.Dense(units, kernel_regularizer=keras.regularizers.L2(1e-4))(rows)
    inner = keras.layers.BatchNormalization()(inner)
    inner = keras.layers.Dropout(dropout)(keras.layers.Activation("gelu")(inner))
    inner = keras.layers.LayerNormalization()(inner + keras.layers.Dense(units)(inner))
    return keras.Model(rows, keras.layers.Dense(outputs)(inner))


def convolutions(shape, outputs):
    return keras.Sequential([
        keras.layers.Conv2D(8, 3, padding="same", activation="relu"),
        keras.layers.MaxPooling2D(),
        keras.layers.Flatten(),
        keras.layers.Dropout(0.2, seed=4),
        keras.layers.Dense(outputs),
    ])


class Noisy(keras.Model):
    def __init__(self, outputs):
        super().__init__()
        self.inner = keras.layers.Dense(16, kernel_constraint=keras.constraints.MaxNorm(0.05), activation="relu")
        self.last = keras.layers.Dense(outputs)

    def call(self, x, training=False):
        if training:
            x = x + keras.random.normal(x.shape, stddev=0.1)
        found = self.inner(x)
        self.add_loss(100.0 * keras.ops.mean(found))
        return self.last(found)


def drawn(shape, outputs):
    draw = lambda shape, dtype=None: keras.random.normal(shape, dtype=dtype)
    return keras.Sequential([keras.Input(shape), keras.layers.Dense(outputs, kernel_initializer=draw)])


def listed(shape):
    return [keras.layers.Dense(1)]


def compiled(shape):
    model = keras.Sequential([keras.Input(shape), keras.layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    return model


def squashed(shape):
    return keras.Sequential([keras.Input(shape), keras.layers.Dense(1, activation="sigmoid")])


def nested(shape):
    return keras.Sequential([keras.Input(shape), keras.Sequential([keras.layers.Dense(1, activation="sigmoid")])])


def wide(shape):
    return keras.Sequential([keras.Input(shape), keras.layers.Dense(3)])


def frozen(shape):
    return keras.Sequential([keras.Input(shape), keras.layers.Dense(1, trainable=False)])


def narrow():
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])


def two(shape):
    return keras.Sequential([keras.Input(shape), keras.layers.Dense(2), Split()])


class Split(keras.layers.Layer):
    def call(self, x):
        return x[:, :1], x[:, 1:]


def failing(shape):
    return keras.Model(keras.Input((shape[0] + one,)), None)


def spectral(shape):
    return keras.Sequential([keras.Input(shape), keras.layers.Dense(4), Spectrum(), keras.layers.Dense(1)])


class Spectrum(keras.layers.Layer):
    def call(self, x):
        import torch

        return torch.special.bessel_j0(x)
"""
DATA = {"binary": binary(), "regression": regression(), "multiclass": images()}
JUDGES = {"binary": AUROC, "regression": RMSE, "multiclass": ACCURACY}


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Origin:
    root = tmp_path_factory.mktemp("keras")
    folder = root / "pipelines" / "churn"
    folder.mkdir(parents=True)
    (folder / "network.py").write_text(MODULE, encoding="utf-8")
    return Origin(root, "churn")


def made(origin: Origin, use: str, task: Any = "binary", **said: Any) -> Candidate:
    asked = Asked(kind="keras", use=f"pipelines.churn.network:{use}", lr=0.01, **said)
    return candidates.build("net", asked, Problem.of(task, DATA[task]), origin)


def learn(origin: Origin, use: str, task: Any = "binary", folder: Path | None = None, **options: Any) -> Fitted:
    return made(origin, use, task).fit(DATA[task], session(JUDGES[task], folder, **options))


def gap(fitted: Fitted, task: Any) -> float:
    """Measure how far the graph is from the model, over 10,000 rows, some of them far out."""
    x = np.random.default_rng(5).normal(0, 3, (10_000, *DATA[task].train_x.shape[1:])).astype(np.float32)
    for row, value in enumerate((1e6, -1e6, 0.0)):
        x[row] = value
    return export.check_parity("net", fitted.export(), x, fitted.predict(x), Scale.of(task, DATA[task].train_y))


@pytest.mark.parametrize(("use", "task"), [("build", "binary"), ("convolutions", "multiclass")])
def test_it_learns_and_its_graph_answers_as_it_does(origin: Origin, use: str, task: Any) -> None:
    fitted = learn(origin, use, task)
    assert len(fitted.history) == 4
    assert fitted.history[-1].metric > 0.8
    assert gap(fitted, task) < 1e-5


class Killed(BaseException):
    """Whoever runs it was killed."""


def test_the_same_bits_come_after_an_interruption(origin: Origin, tmp_path: Path) -> None:
    def kill(epoch: Epoch) -> None:
        if epoch.number == 2:
            raise Killed

    whole = learn(origin, "Noisy", "regression", max_epochs=3)
    with pytest.raises(Killed):
        asked = replace(session(RMSE, tmp_path, max_epochs=3), observe=kill)
        made(origin, "Noisy", "regression").fit(DATA["regression"], asked)
    resumed = learn(origin, "Noisy", "regression", folder=tmp_path, max_epochs=3)
    assert resumed.history == whole.history
    assert resumed.export() == whole.export()
    assert gap(whole, "regression") < 1e-5


def test_it_begins_alike_whatever_was_trained_before(origin: Origin) -> None:
    first, _, again = (learn(origin, use, max_epochs=1) for use in ("drawn", "Noisy", "drawn"))  # of one generator
    assert again.history == first.history


def test_what_a_model_brings_of_its_own_counts(origin: Origin) -> None:
    fitted: Any = learn(origin, "Noisy", max_epochs=1)
    body = fitted.scores.network.body
    kernel, *_ = body.model.inner.trainable_variables
    assert float(kernel.value.detach().norm(dim=0).max()) <= 0.05 * 1.001
    assert len(body.model.losses) == 1


def test_its_scores_are_shared_out_among_the_columns(origin: Origin) -> None:
    fitted, data = learn(origin, "build", max_epochs=1), DATA["binary"]
    found = attribute(fitted, data.validation_x[:3], data.train_x)
    assert (found.method, found.values.shape) == ("integrated gradients", (3, 6))


@pytest.mark.parametrize(
    ("use", "said", "message", "hint"),
    [
        ("listed", {}, "LINE gives a list", "return a `keras.Model`"),
        (
            "compiled",
            {},
            "LINE gives a compiled model, whose optimizer and loss would not be heeded",
            "remove `compile`; `lr` and `weight_decay` stand in the YAML, the loss follows from the task",
        ),
        (
            "squashed",
            {},
            "LINE ends in `sigmoid`, and what is learnt is what stands before it",
            "remove `sigmoid` from the last layer: probabilities are made of it afterwards",
        ),
        (
            "nested",
            {},
            "LINE ends in `sigmoid`, and what is learnt is what stands before it",
            "remove `sigmoid` from the last layer: probabilities are made of it afterwards",
        ),
        (
            "wide",
            {},
            "LINE answers two rows with [2, 3], where [2, 1] is wanted",
            "end in `keras.layers.Dense(outputs)`; `outputs` is 1 here",
        ),
        (
            "two",
            {},
            "LINE answers two rows with tuple, where [2, 1] is wanted",
            "end in `keras.layers.Dense(outputs)`; `outputs` is 1 here",
        ),
        ("frozen", {}, "LINE gives a model without a weight to learn", "leave a layer `trainable`"),
        (
            "narrow",
            {},
            "LINE cannot read rows of shape [6]: Input 0 with name",
            "take `shape`, and begin with `keras.Input(shape)`",
        ),
        ("failing", {}, "candidate net: pipelines/churn/network.py:FAIL: NameError: name 'one' is not defined", ""),
        (
            "build",
            {"unit": 4},
            "candidate net: pipelines.churn.network:build has no parameter `unit`",
            "did you mean `units`? also there: dropout, outputs, shape",
        ),
        (
            "nothing",
            {},
            "kind `pipelines.churn.network:nothing`: the module has no such class",
            "one of: Noisy, Spectrum, Split",
        ),
    ],
)
def test_what_cannot_be_trained_is_refused_with_its_place(
    origin: Origin, use: str, said: dict[str, Any], message: str, hint: str
) -> None:
    lines = MODULE.splitlines()
    line = next((number for number, text in enumerate(lines, 1) if text.startswith(f"def {use}(")), 0)
    head = f"candidate net: pipelines/churn/network.py:{line}: pipelines.churn.network:{use}"
    message = message.replace("LINE", head).replace("FAIL", str(line + 1))
    with pytest.raises(ConfigurationError) as caught:
        made(origin, use, **said).fit(DATA["binary"], session())
    assert (str(caught.value)[: len(message)], caught.value.hint) == (message, hint)
    assert use == "narrow" or str(caught.value) == message


def test_what_has_no_counterpart_in_onnx_is_told_with_its_place(origin: Origin) -> None:
    fitted = learn(origin, "spectral", max_epochs=1)
    with pytest.raises(ConfigurationError) as caught:
        fitted.export()
    line = MODULE.splitlines().index("def spectral(shape):") + 1
    assert str(caught.value) == (
        f"candidate net: pipelines/churn/network.py:{line}: pipelines.churn.network:spectral cannot be written as ONNX:"
        " No ONNX function found for <OpOverload(op='prims.bessel_j0', overload='default')>."
        " Failure message: No decompositions registered for the real-valued input"
    )


def test_the_example_of_the_page_learns(tmp_path: Path) -> None:
    mark = "run by: tests/unit/ml/training/test_keras_network.py"
    module, pipeline = (each for each in blocks(ROOT / "docs/howto/own-model.md") if each.excuse == mark)
    path = tmp_path / module.file
    path.parent.mkdir(parents=True)
    path.write_text(module.content)
    said = yaml.safe_load(pipeline.content)["model"]["network"]
    data = DATA["binary"]
    found = candidates.build("network", Asked(**said), Problem.of("binary", data), Origin(tmp_path, "churn"))
    assert found.fit(data, session()).history[-1].metric > 0.8


def test_another_back_end_of_the_environment_is_not_heeded(
    origin: Origin, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    made(origin, "build")
    said = "warning: KERAS_BACKEND=tensorflow is not heeded: `kind: keras` trains on PyTorch\n"
    assert capsys.readouterr().err == said
    assert os.environ["KERAS_BACKEND"] == "torch"


def test_the_address_is_of_the_pipelines_own_folder(origin: Origin) -> None:
    asked = Asked(kind="keras", use="pipelines.other.network:build")
    with pytest.raises(ConfigurationError) as caught:
        candidates.build("net", asked, Problem.of("binary", DATA["binary"]), origin)
    said = "kind `pipelines.other.network:build` is neither a known kind nor a class of this pipeline"
    assert str(caught.value) == said
