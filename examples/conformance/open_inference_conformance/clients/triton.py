"""NVIDIA's `tritonclient`, over HTTP and JSON (`binary_data=False`; its binary tensors are an extension)."""

from __future__ import annotations

from typing import Any

import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException, triton_to_np_dtype

from open_inference_conformance.clients.step import Step, agreed, given, tell
from open_inference_conformance.tensors import flat
from open_inference_conformance.wire import Server, path


def steps(url: str, model: str, request: dict[str, Any]) -> list[Step]:
    """List what its users do first."""
    client = triton.InferenceServerClient(url.removeprefix("http://"))
    by_hand = Server(url).post(path(model, verb="infer"), request).json

    def inputs() -> list[Any]:
        made = []
        for tensor in request["inputs"]:
            one = triton.InferInput(tensor["name"], tensor["shape"], tensor["datatype"])
            numpy = triton_to_np_dtype(tensor["datatype"])
            one.set_data_from_numpy(np.array(flat(tensor["data"]), numpy).reshape(tensor["shape"]), binary_data=False)
            made.append(one)
        return made

    def infer() -> str | None:
        names = [output["name"] for output in by_hand["outputs"]]
        wanted = [triton.InferRequestedOutput(name, binary_data=False) for name in names]
        found = client.infer(model, inputs(), outputs=wanted, request_id="7")
        shapes = {name: list(found.as_numpy(name).shape) for name in names}
        told = {output["name"]: output["shape"] for output in by_hand["outputs"]}
        values = {name: found.get_output(name)["data"] for name in names}
        return agreed(told, shapes, "shapes") or agreed(
            {output["name"]: output["data"] for output in by_hand["outputs"]}, values, "values"
        )

    def wrong() -> str | None:
        try:
            client.infer(model, inputs()[:-1] or [triton.InferInput("none", [0], "FP32")])
        except InferenceServerException as error:
            return None if error.message() else "the error has no words"
        return "a request without an input was answered"

    return [
        ("is_server_live", lambda: agreed(True, client.is_server_live(), "live")),
        ("is_server_ready", lambda: agreed(True, client.is_server_ready(), "ready")),
        ("is_model_ready", lambda: agreed(True, client.is_model_ready(model), "ready")),
        ("get_server_metadata", lambda: None if client.get_server_metadata()["name"] else "no name"),
        ("get_model_metadata", lambda: agreed(model, client.get_model_metadata(model)["name"], "name")),
        ("infer", infer),
        ("infer, an error", wrong),
    ]


if __name__ == "__main__":
    tell(steps(*given()))
