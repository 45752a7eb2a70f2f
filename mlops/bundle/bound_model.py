"""A model with arrays of its own for so many rows, which ONNX Runtime reads and writes in place.

Binding names to arrays anew for each request costs as much as scoring a row with a small model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime as ort

if TYPE_CHECKING:
    from numpy.typing import NDArray


class BoundModel:
    """Scores what is in `x`; for one thread, and each answer is overwritten by the next."""

    def __init__(self, session: ort.InferenceSession, shape: tuple[int, ...], twin: bool) -> None:
        """Take arrays of `shape`; with a `twin`, the one row is scored beside a copy of itself."""
        whole = np.zeros((2, *shape[1:]) if twin else shape, dtype=np.float32)
        self.x: NDArray[np.float32] = whole[: shape[0]]
        """Where the rows are put."""
        self._twin = whole[1:] if twin else None
        (example,) = session.run(["y"], {"x": whole})
        answer = np.zeros_like(example)
        self._y: NDArray[np.floating[Any]] = answer[: shape[0]]
        self._session, self._binding = session, session.io_binding()
        self._given, self._made = (ort.OrtValue.ortvalue_from_numpy(array) for array in (whole, answer))
        self._binding.bind_ortvalue_input("x", self._given)
        self._binding.bind_ortvalue_output("y", self._made)

    def score(self) -> NDArray[np.floating[Any]]:
        """Score `x` [n, ...] to [n] or [n, k]."""
        if self._twin is not None:
            self._twin[:] = self.x
        self._session.run_with_iobinding(self._binding)
        return self._y
