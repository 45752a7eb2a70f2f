from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from mlops.errors import ConfigurationError, IntegrityError
from mlops.ml.training import export
from mlops.ml.training.networks import Scores
from mlops.ml.training.problem import Problem, Scale
from tests.builders.scores import SHAPES, scores

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("task", SHAPES)
def test_a_graph_follows_the_convention(task: str) -> None:
    shape, outputs = SHAPES[task]
    module = scores(task)
    data = export.from_torch(module, shape)
    model = onnx.load_from_string(data)
    assert [item.name for item in model.graph.input] == ["x"]
    assert [item.name for item in model.graph.output] == ["y"]
    for rows in (1, 3, 17):
        x = np.random.default_rng(0).standard_normal((rows, *shape), dtype=np.float32)
        answer = export.run(data, x)
        assert answer.dtype == np.float32
        assert answer.shape == ((rows, outputs) if task == "multiclass" else (rows,))
        with torch.inference_mode():
            assert export.check_parity("a", data, x, module(torch.from_numpy(x)).numpy()) < 1e-5


def test_a_graph_tells_of_no_folder_tool_or_moment() -> None:
    data = export.from_torch(scores("multiclass"), (1, 8, 8))
    text = str(onnx.load_from_string(data))
    for word in ("stack_trace", "metadata_props", "doc_string", "site-packages", str(Path.cwd()), "pytorch"):
        assert word not in text
    model = onnx.load_from_string(data)
    assert (model.producer_name, model.producer_version, model.ir_version) == ("mlops", "", export.IR_VERSION)
    assert {item.domain: item.version for item in model.opset_import} == {"": export.OPSET}


SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
from tests.builders.scores import exported
print("\\n".join(exported()))
"""


@pytest.mark.long
def test_processes_in_different_folders_write_the_same_bytes(tmp_path: Path, repository: Path) -> None:
    def digests(number: int) -> list[str]:
        folder = tmp_path / str(number)
        folder.mkdir()
        command = [sys.executable, "-W", "ignore", "-c", SCRIPT, str(repository)]
        # What skl2onnx takes from sets comes in an order that depends on the seed of Python's hashes.
        environment = {**os.environ, "PYTHONHASHSEED": str(number), "OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, env=environment)
        return done.stdout.split()

    found = [digests(number) for number in (0, 6)]
    assert len(found[0]) == 7
    assert found[1] == found[0]


def test_a_gap_between_native_and_onnx_is_refused() -> None:
    data = export.from_torch(scores("binary"), (4,))
    x = np.zeros((5, 4), dtype=np.float32)
    right = export.run(data, x)
    with pytest.raises(IntegrityError) as caught:
        export.check_parity("mlp", data, x, right + np.float32(0.25))
    assert caught.value.message == (
        "the ONNX model of candidate mlp differs from the trained one by 0.25 on 5 validation rows;"
        " at most 0.0001 is allowed"
    )
    with pytest.raises(IntegrityError, match="answers with shape"):
        export.check_parity("mlp", data, x, right[:, None])
    with pytest.raises(IntegrityError, match="by nan"):
        export.check_parity("mlp", data, x, right * np.float32("nan"))


class Branching(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, :1] if float(x.sum()) > 0 else x[:, 1:2]


def test_a_module_that_onnx_cannot_express_is_refused_with_a_sentence() -> None:
    with pytest.raises(ConfigurationError) as caught:
        export.from_torch(Scores(Branching(), Problem("binary", (4,)), Scale()), (4,))
    assert caught.value.message.startswith("Branching cannot be written as ONNX: ")
    assert "\n" not in caught.value.message
