from __future__ import annotations

import subprocess
import sys

import pytest

from mlops.errors import ConfigurationError
from mlops.ml.training import candidates
from mlops.ml.training.asked import Asked
from mlops.ml.training.problem import Problem
from mlops.models import MODELS
from tests.builders.training import NOWHERE

pytestmark = pytest.mark.slow

TABLE = Problem("binary", (4,))


@pytest.mark.parametrize(
    ("kind", "parameters", "message", "hint"),
    [
        (
            "mpl",
            {},
            "candidate a: unknown kind `mpl`",
            f"did you mean `mlp`? also there: {', '.join(sorted(set(MODELS) - {'mlp'}))};"
            " or a class of your own, `pipelines.<pipeline>.<module>:<Class>`",
        ),
        (
            "mlp",
            {"hiden": [8], "lr": -1},
            "candidate a: `lr: -1`: input should be greater than 0\n"
            "candidate a: unknown parameter `hiden`; did you mean `hidden`? also there: columns, dropout, embed, "
            "embedding, level, lr, weight_decay",
            "",
        ),
        (
            "linear",
            {"l2": "much"},
            "candidate a: `l2: much`: input should be a valid number",
            "",
        ),
        (
            "cnn",
            {},
            "kind cnn needs images, and a row here has shape [4]",
            "use `kind: mlp`, or features of `kind: image`",
        ),
        (
            "resnet",
            {},
            "kind resnet needs images, and a row here has shape [4]",
            "use `kind: tabm`, or features of `kind: image`",
        ),
    ],
)
def test_a_mistake_is_named(kind: str, parameters: dict[str, object], message: str, hint: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        candidates.build("a", Asked(kind=kind, **parameters), TABLE, NOWHERE)
    assert caught.value.message == message
    assert caught.value.hint == hint


@pytest.mark.parametrize("kind", MODELS)
def test_parameters_that_nobody_wrote_are_those_of_the_kinds_block_without_its_name(kind: str) -> None:
    needed = {"kind": kind} | ({"use": "pipelines.churn.network:build"} if "own" in MODELS[kind].can else {})
    written = MODELS[kind].block.model_validate(needed).model_dump(mode="json")
    assert candidates.resolved("a", Asked(**needed)).model_dump() == written


def test_the_registry_imports_no_learning_library() -> None:
    look = "print(sorted({'torch', 'sklearn', 'mlflow', 'onnx'} & set(sys.modules)))"
    code = f"import sys, mlops.ml.training.candidates; {look}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
