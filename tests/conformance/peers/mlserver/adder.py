"""A model of MLServer that adds two columns; run in its own environment."""

from __future__ import annotations

from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Adder(MLModel):
    """`sum` is `left` and `right`."""

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Add."""
        given = {tensor.name: NumpyCodec.decode_input(tensor) for tensor in payload.inputs}
        output = NumpyCodec.encode_output("sum", given["left"] + given["right"])
        return InferenceResponse(id=payload.id, model_name=self.name, model_version=self.version, outputs=[output])
