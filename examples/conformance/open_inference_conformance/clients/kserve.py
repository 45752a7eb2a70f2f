"""KServe's own Python client, `InferenceRESTClient`, for protocol v2."""

from __future__ import annotations

import asyncio
from typing import Any

from kserve import InferenceRESTClient, InferInput, InferRequest
from kserve.inference_client import RESTConfig

from open_inference_conformance.clients.step import Step, agreed, given, tell
from open_inference_conformance.tensors import flat
from open_inference_conformance.wire import Server, path


def steps(url: str, model: str, request: dict[str, Any]) -> list[Step]:
    """List what its users do first."""
    by_hand = Server(url).post(path(model, verb="infer"), request).json

    def made(inputs: list[dict[str, Any]]) -> InferRequest:
        tensors = [InferInput(one["name"], one["shape"], one["datatype"], flat(one["data"])) for one in inputs]
        return InferRequest(model_name=model, infer_inputs=tensors, request_id="7")

    async def asked(verb: str, *given: Any) -> Any:
        async with InferenceRESTClient(RESTConfig(protocol="v2", retries=0)) as client:
            return await getattr(client, verb)(url, *given)

    def infer() -> str | None:
        found = asyncio.run(asked("infer", made(request["inputs"]), model))
        values = {output.name: output.data for output in found.outputs}
        told = {output["name"]: output["data"] for output in by_hand["outputs"]}
        return agreed(told, values, "values") or agreed("7", found.id, "id")

    def wrong() -> str | None:
        try:
            asyncio.run(
                asked("infer", made([{**one, "name": "no input is called so"} for one in request["inputs"]]), model)
            )
        except Exception as error:  # it raises what its HTTP library does
            status = getattr(getattr(error, "response", None), "status_code", None)
            return None if status is not None and 400 <= status < 500 else f"{type(error).__name__}: {error}"
        return "a request with unknown inputs was answered"

    return [
        ("is_server_live", lambda: agreed(True, asyncio.run(asked("is_server_live")), "live")),
        ("is_server_ready", lambda: agreed(True, asyncio.run(asked("is_server_ready")), "ready")),
        ("is_model_ready", lambda: agreed(True, asyncio.run(asked("is_model_ready", model)), "ready")),
        ("infer", infer),
        ("infer, an error", wrong),
    ]


if __name__ == "__main__":
    tell(steps(*given()))
