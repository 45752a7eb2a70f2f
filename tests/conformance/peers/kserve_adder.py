"""A model of KServe's Python server that adds two columns; run in its own environment."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer
from kserve.utils.utils import generate_uuid


class Adder(Model):
    """`sum` is `left` and `right`."""

    def load(self) -> bool:
        """Be ready."""
        self.ready = True
        return True

    async def get_input_types(self) -> list[dict[str, Any]]:
        """Describe what is asked for."""
        return [{"name": name, "datatype": "FP64", "shape": [-1, 2]} for name in ("left", "right")]

    async def get_output_types(self) -> list[dict[str, Any]]:
        """Describe what is answered."""
        return [{"name": "sum", "datatype": "FP64", "shape": [-1, 2]}]

    async def predict(self, payload: InferRequest, headers: Any = None, response_headers: Any = None) -> InferResponse:
        """Add."""
        left, right = (payload.get_input_by_name(name).as_numpy() for name in ("left", "right"))
        total = np.asarray(left, "f8") + right
        output = InferOutput("sum", list(total.shape), "FP64", total.ravel().tolist())
        return InferResponse(payload.id or generate_uuid(), self.name, [output])


if __name__ == "__main__":
    model = Adder("adder")
    model.load()
    ModelServer(http_port=int(sys.argv[1]), enable_grpc=False, workers=1).start([model])
