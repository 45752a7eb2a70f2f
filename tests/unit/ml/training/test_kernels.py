from __future__ import annotations

import numpy as np
import pytest
import torch

from mlops.blocks.trainer import Trainer
from mlops.errors import ConfigurationError
from mlops.ml.training import export
from mlops.ml.training.kernels import compiled
from mlops.ml.training.loop import LightningCandidate
from mlops.ml.training.networks import Network, mlp
from mlops.ml.training.problem import Problem
from mlops.ml.training.session import Session
from tests.builders.training import binary, session

pytestmark = pytest.mark.slow

DATA = binary()
PROBLEM = Problem.of("binary", DATA)


def build(run: Session) -> Network:
    return Network(mlp(PROBLEM, [8], 0.0), "binary", lr=0.01, weight_decay=0.0, batch_size=run.options.batch_size)


def test_the_body_is_what_is_compiled_and_only_while_it_learns() -> None:
    network = build(session())
    with compiled(network, Trainer(compile=True)):
        assert network.body._compiled_call_impl is not None
        assert network._compiled_call_impl is None
    assert network.body._compiled_call_impl is None
    with compiled(network, Trainer()):
        assert network.body._compiled_call_impl is None


def test_weights_keep_their_names_and_the_graph_is_that_of_the_network() -> None:
    # torch's own switch: what is compiled runs as it stands, so that no compiler is needed
    with torch.compiler.set_stance("force_eager"):
        found = LightningCandidate(PROBLEM, build).fit(DATA, session(compile=True, max_epochs=2))
    plain = LightningCandidate(PROBLEM, build).fit(DATA, session(max_epochs=2))
    assert found.scores.state_dict().keys() == plain.scores.state_dict().keys()
    assert np.array_equal(found.predict(DATA.validation_x), plain.predict(DATA.validation_x))
    assert np.allclose(export.run(found.export(), DATA.validation_x), found.predict(DATA.validation_x), atol=1e-5)


def test_what_cannot_be_compiled_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from torch._dynamo.exc import TorchDynamoException

    network = build(session())
    with pytest.raises(ConfigurationError) as error, compiled(network, Trainer(compile=True)):
        raise TorchDynamoException("no kernel for aten::odd\n  at odd.py")
    assert error.value.message == "`trainer.compile`: torch cannot compile Network: no kernel for aten::odd"
    assert error.value.hint == "install a C++ compiler (g++), or remove `compile`"
