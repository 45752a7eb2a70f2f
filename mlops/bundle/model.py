"""A model in ONNX: one input `x`, one output `y`, one thread, the same bits every time.

A model of several members answers `y` by their mean, and by `members` [n, k] or [n, k, classes] what each of them says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime as ort

from mlops.bundle import onnx_file, row_independence
from mlops.bundle.bound_model import BoundModel
from mlops.errors import IntegrityError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MEMBERS = "members"
_BLOCK = 8_192  # rows scored at once, which bounds the memory of a wide layer


class OnnxModel:
    """Scores float32 arrays; a row's score does not depend on the rows beside it.

    Scores are float32, or float64 of numbers that float32 is too coarse for.
    """

    def __init__(self, data: bytes, name: str = "model.onnx") -> None:
        onnx_file.check(data, name)
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.use_deterministic_compute = True
        # Its last level cuts channels into blocks of 8 or 16, as the processor has it, and sums in that order.
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.log_severity_level = 4
        options.add_session_config_entry("session.load_model_format", "ONNX")  # its own was not checked
        try:
            self._session = ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime raises a dozen types that share no base
            raise IntegrityError(f"{name} cannot be loaded: {str(error)[:300]}") from error
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        given = [item.name for item in outputs]
        if [item.name for item in inputs] != ["x"] or given not in (["y"], ["y", MEMBERS]):
            raise IntegrityError(f"{name} must have one input `x` and one output `y`, or `{MEMBERS}` beside it")
        kinds = {item.type for item in outputs}
        if inputs[0].type != "tensor(float)" or kinds not in ({"tensor(float)"}, {"tensor(double)"}):
            raise IntegrityError(f"{name} must take float32, and give float32 or float64")
        self.shape: tuple[int | str | None, ...] = tuple(inputs[0].shape[1:])
        self.least = 1 if row_independence.one_row_is_like_many(data) else 2
        """Rows that are scored at once at least, so that each score has the bits it has among many."""
        self.folds = 0 if len(outputs) == 1 else _count(outputs[1].shape, name)
        """How many members it is the mean of; 0 where it is one model."""

    def score(self, x: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
        """Score [n, ...] rows to [n] or [n, k]."""
        blocks = [self._run(x[start : start + _BLOCK]) for start in range(0, max(len(x), 1), _BLOCK)]
        return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)

    def members(self, x: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
        """Score [n, ...] rows by each member to [n, folds] or [n, folds, k]; raises IntegrityError of one model."""
        if not self.folds:
            raise IntegrityError("the model has no members, of which one would not have seen a row", hint="dvc repro")
        blocks = [self._run(x[start : start + _BLOCK], MEMBERS) for start in range(0, max(len(x), 1), _BLOCK)]
        return np.concatenate(blocks)

    def bound(self, rows: int) -> BoundModel:
        """Make buffers for so many rows, which are scored again and again."""
        return BoundModel(self._session, (rows, *self._width()), rows < self.least)

    def _width(self) -> tuple[int, ...]:
        """Give the shape of a row; raises IntegrityError where the model leaves it open."""
        sizes = [size for size in self.shape if isinstance(size, int)]
        if len(sizes) != len(self.shape):
            raise IntegrityError(f"the model reads rows of any size: {list(self.shape)}")
        return tuple(sizes)

    def _run(self, x: NDArray[np.float32], output: str = "y") -> NDArray[np.floating[Any]]:
        rows = len(x)
        if rows < self.least:  # one row takes another path through the matrix product: give it a twin
            x = np.concatenate([x, x]) if rows else np.zeros((self.least, *x.shape[1:]), dtype=np.float32)
        (y,) = self._session.run([output], {"x": x})
        scores: NDArray[np.floating[Any]] = y
        return scores[:rows]


def _count(shape: list[int | str | None], name: str) -> int:
    count = shape[1] if len(shape) > 1 else None
    if not isinstance(count, int) or count < 2:
        raise IntegrityError(f"{name} does not say of how many members it is the mean")
    return count
